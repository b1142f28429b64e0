//! How much memory a piece of work takes: an allocator that counts, for the thread that asked.
//!
//! Every block remembers on whose account it is, so that memory that is freed elsewhere (decoders that use
//! threads hand rows over) is taken off the right account. Other tests are not counted and not disturbed.

#![allow(unsafe_code, reason = "an allocator can only be wrapped with unsafe code; it exists in tests alone")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, Ordering};

#[derive(Default)]
struct Account {
    live_bytes: AtomicIsize,
    peak_bytes: AtomicIsize,
}

impl Account {
    fn add(&self, bytes: usize) {
        let live = self.live_bytes.fetch_add(bytes as isize, Ordering::Relaxed) + bytes as isize;
        self.peak_bytes.fetch_max(live, Ordering::Relaxed);
    }
}

thread_local! {
    static ACCOUNT: Cell<Option<&'static Account>> = const { Cell::new(None) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Room before each block for the account's address: a multiple of every alignment that is asked for.
fn with_room(layout: Layout) -> Option<(Layout, usize)> {
    let room = layout.align().max(16);
    let size = layout.size().checked_add(room)?;
    Some((Layout::from_size_align(size, room).ok()?, room))
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let Some((padded, room)) = with_room(layout) else { return std::ptr::null_mut() };
        // SAFETY: the size is not zero, because of the room.
        let start = unsafe { System.alloc(padded) };
        if start.is_null() {
            return start;
        }
        let account = ACCOUNT.try_with(Cell::get).ok().flatten();
        if let Some(account) = account {
            account.add(layout.size());
        }
        // SAFETY: the room is at least 16 bytes and aligned to 16; the account lives for ever.
        unsafe {
            start.cast::<Option<&'static Account>>().write(account);
            start.add(room)
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let Some((padded, room)) = with_room(layout) else { return };
        // SAFETY: `alloc` has put the account there, in front of every block.
        unsafe {
            let start = block.sub(room);
            if let Some(account) = start.cast::<Option<&'static Account>>().read() {
                account.live_bytes.fetch_sub(layout.size() as isize, Ordering::Relaxed);
            }
            System.dealloc(start, padded);
        }
    }
}

/// Does the work and tells how many bytes it had allocated at the most, on top of what there was before.
pub fn peak_bytes<T>(work: impl FnOnce() -> T) -> (T, usize) {
    thread_local! {
        static MINE: &'static Account = Box::leak(Box::default());
    }
    let account = MINE.with(|account| *account);
    account.live_bytes.store(0, Ordering::Relaxed);
    account.peak_bytes.store(0, Ordering::Relaxed);
    ACCOUNT.set(Some(account));
    let result = work();
    ACCOUNT.set(None);
    (result, account.peak_bytes.load(Ordering::Relaxed).try_into().unwrap_or(0))
}
