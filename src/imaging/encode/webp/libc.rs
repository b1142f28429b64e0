//! What libwebp calls in C's library, for a target that has none (webp/c/stdlib.h).

#![allow(unsafe_code, reason = "these are the functions of C by which libwebp gets its memory")]

use std::alloc::{Layout, alloc, alloc_zeroed, dealloc};
use std::ffi::{c_int, c_void};
use std::ptr;

/// In front of each block, because C does not say a block's size when it frees it: as much as keeps the block aligned
/// for vectors.
const HEADER_BYTES: usize = 16;

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER_BYTES)?, HEADER_BYTES).ok()
}

/// The block behind a header that says how long both are; null stays null.
///
/// # Safety
/// `whole` is null or of `layout`, which is longer than a header.
unsafe fn behind_header(whole: *mut u8, layout: Layout) -> *mut c_void {
    if whole.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: it has room for a header, and is aligned for more than a number.
    unsafe {
        whole.cast::<usize>().write(layout.size());
        whole.add(HEADER_BYTES).cast()
    }
}

/// `malloc`.
#[unsafe(no_mangle)]
extern "C" fn tintype_malloc(size: usize) -> *mut c_void {
    // SAFETY: a layout has at least a header.
    layout(size).map_or(ptr::null_mut(), |layout| unsafe { behind_header(alloc(layout), layout) })
}

/// `calloc`.
#[unsafe(no_mangle)]
extern "C" fn tintype_calloc(count: usize, size: usize) -> *mut c_void {
    let layout = count.checked_mul(size).and_then(layout);
    // SAFETY: a layout has at least a header.
    layout.map_or(ptr::null_mut(), |layout| unsafe { behind_header(alloc_zeroed(layout), layout) })
}

/// `free`.
///
/// # Safety
/// `block` is null or comes from one of the two above, and is freed once.
#[unsafe(no_mangle)]
unsafe extern "C" fn tintype_free(block: *mut c_void) {
    if block.is_null() {
        return;
    }
    // SAFETY: in front of each block is its header, which has the size with which it was made.
    unsafe {
        let whole = block.cast::<u8>().sub(HEADER_BYTES);
        let size = whole.cast::<usize>().read();
        dealloc(whole, Layout::from_size_align_unchecked(size, HEADER_BYTES));
    }
}

/// `qsort`. Equals stay in their order, as with the library that native builds use: so both write the same files.
///
/// # Safety
/// `base` points to `count` elements of `size` bytes, and `compare` orders two of them.
#[unsafe(no_mangle)]
unsafe extern "C" fn tintype_qsort(
    base: *mut c_void,
    count: usize,
    size: usize,
    compare: unsafe extern "C" fn(*const c_void, *const c_void) -> c_int,
) {
    if size == 0 {
        return;
    }
    // SAFETY: the caller's.
    let elements = unsafe { std::slice::from_raw_parts_mut(base.cast::<u8>(), count * size) };
    let before = elements.to_vec();
    let mut order: Vec<&[u8]> = before.chunks_exact(size).collect();
    order.sort_by(|a, b| {
        // SAFETY: both are elements. They are not aligned as the caller's were, which wasm does not ask for.
        let found = unsafe { compare(a.as_ptr().cast(), b.as_ptr().cast()) };
        found.cmp(&0)
    });
    for (element, sorted) in elements.chunks_exact_mut(size).zip(order) {
        element.copy_from_slice(sorted);
    }
}
