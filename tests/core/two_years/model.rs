//! What is owed, as whoever uses the product sees it: of each image, until when it is there and from when on it is not; of each
//! account, the same. How that is done, the model does not know.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use super::owed::{LATE_MS, RECOVERY_MS, TOMBSTONE_MS, UNDO_MS};
use crate::harness::people::{Browser, Person};

/// An image that was acknowledged.
#[derive(Debug)]
pub struct Image {
    pub id: String,
    pub url: String,
    pub token: String,
    /// By the date that was told.
    pub expires: Option<i64>,
    pub owner: Option<usize>,
    /// When its deletion was asked for first, by the clock of who took the request.
    pub deleted: Option<i64>,
    /// When it reached recovery last, by the clock of who moved it.
    recovered: Option<i64>,
    /// When it was erased, by the clock of who did.
    gone: Option<i64>,
}

/// Somebody with an account.
pub struct Member {
    pub id: String,
    pub person: Person,
    pub browser: Browser,
    pub ticket: Option<String>,
    pub images: Vec<usize>,
    /// When its erasure was asked for, by the clock of who took the request.
    pub leaving: Option<i64>,
    /// At the latest moment at which a change of mind is still heard, it comes.
    pub returns: bool,
    /// It was kept after all: what was hidden comes back when it can.
    pub was_leaving: bool,
    pub is_gone: bool,
}

/// What bytes are owed not to be there any more, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Absence {
    /// Nowhere from where images are served.
    FromView,
    /// Nowhere.
    Everywhere,
}

#[derive(Default)]
pub struct Model {
    pub images: Vec<Image>,
    by_id: HashMap<String, usize>,
    pub members: Vec<Member>,
    /// By when what must be absent, the next first.
    owed: BinaryHeap<Reverse<(i64, Absence, usize)>>,
    /// Since when nothing has been wrong with the platform.
    pub calm_since: i64,
    pub is_troubled: bool,
    /// How late the latest of each kind was, and how many there were.
    pub worst: BTreeMap<String, (i64, u64)>,
}

impl Image {
    /// Whether it was removed, and is not any more.
    pub fn came_back(&self) -> bool {
        self.recovered.is_none()
    }

    /// Whether its bytes may still be there: it came back, or was removed again, since they were owed to be gone.
    pub fn may_be_kept(&self, now: i64) -> bool {
        self.recovered.is_none_or(|at| at + RECOVERY_MS + LATE_MS > now)
    }
}

impl Model {
    /// An image was acknowledged. Answers its number.
    pub fn learn(&mut self, image: Image) -> usize {
        if let Some(known) = self.by_id.get(&image.id) {
            return *known;
        }
        let index = self.images.len();
        self.by_id.insert(image.id.clone(), index);
        if let Some(expires) = image.expires {
            self.owed.push(Reverse((expires + LATE_MS, Absence::FromView, index)));
        }
        self.images.push(image);
        index
    }

    pub fn new_image(id: String, url: String, token: String, expires: Option<i64>, owner: Option<usize>) -> Image {
        Image { id, url, token, expires, owner, deleted: None, recovered: None, gone: None }
    }

    /// Something is gone whose time was `due`; `now` is the true time. Notes how late that is.
    pub fn late(&mut self, kind: &str, due: i64, now: i64) {
        let worst = self.worst.entry(kind.to_owned()).or_default();
        worst.1 += 1;
        if self.is_troubled {
            return;
        }
        let late = (now - due.max(self.calm_since)).max(0);
        worst.0 = worst.0.max(late);
        assert!(late <= LATE_MS, "{kind}: {} s late", late / 1_000);
    }

    /// Whether the account of an image may take it along.
    fn leaves_with_owner(&self, owner: Option<usize>) -> bool {
        owner.is_some_and(|owner| self.members[owner].leaving.is_some())
    }

    /// Whether the account's time has come by this clock.
    fn is_erased(&self, owner: Option<usize>, clock: i64) -> bool {
        let member = owner.map(|owner| &self.members[owner]);
        member.is_some_and(|member| member.leaving.is_some_and(|at| clock >= at + UNDO_MS))
    }

    /// An image has moved on in its life; `clocks` are those of who may have done it, `now` is the true time.
    pub fn moved(&mut self, departure: &super::owed::Departure, (earliest, clock): (i64, i64), now: i64) {
        let super::owed::Departure { id, was, becomes, due, .. } = departure;
        let known = self.by_id.get(id).copied();
        let (expires, deleted, owner) = match known.map(|index| &self.images[index]) {
            Some(image) => (image.expires, image.deleted, image.owner),
            // Nobody was told of it; then what its row says is all that there is.
            None => (*due, Some(i64::MIN), None),
        };
        match (was.as_str(), becomes.as_str()) {
            ("live", "removing") => {
                let has_expired = expires.is_some_and(|at| at <= clock);
                let may = has_expired || deleted.is_some_and(|at| at <= clock) || self.leaves_with_owner(owner);
                assert!(may, "{id} left {:?} ms early", expires.map(|at| at - clock));
                if has_expired {
                    self.late("public images", expires.unwrap_or(now), now);
                }
            }
            ("removing", "recovery") => {
                if let Some(index) = known {
                    self.images[index].recovered = Some(earliest);
                    self.owed.push(Reverse((clock + RECOVERY_MS + LATE_MS, Absence::Everywhere, index)));
                }
            }
            ("recovery", "gone") => {
                if let Some(index) = known {
                    let since = self.images[index].recovered.unwrap_or(i64::MAX);
                    let may = clock >= since.saturating_add(RECOVERY_MS) || self.is_erased(owner, clock);
                    assert!(may, "{id} was erased {} ms early", since.saturating_add(RECOVERY_MS) - clock);
                    self.images[index].gone = Some(earliest);
                }
                self.late("erased images", due.unwrap_or(now), now);
            }
            ("gone", "") => {
                let gone = known.and_then(|index| self.images[index].gone);
                assert!(gone.is_none_or(|at| clock >= at + TOMBSTONE_MS), "{id} was forgotten early");
                self.late("tombstones", due.unwrap_or(now), now);
            }
            ("pending", "removing") => {
                assert!(due.is_some_and(|at| at <= clock), "the draft {id} was given up early");
                self.late("drafts", due.unwrap_or(now), now);
            }
            (_, "releasing") => {
                if let Some(index) = known {
                    let image = &mut self.images[index];
                    (image.deleted, image.recovered) = (None, None);
                }
            }
            _ => {}
        }
    }

    /// Whether an image may not be in public view, whatever its date.
    pub fn may_be_away(&self, index: usize) -> bool {
        let image = &self.images[index];
        let owner = image.owner.map(|owner| &self.members[owner]);
        // On its way back, too, which takes as long as it takes.
        image.deleted.is_some()
            || image.recovered.is_some()
            || owner.is_some_and(|owner| owner.leaving.is_some() || owner.is_gone || owner.was_leaving)
    }

    /// An account was kept after all: what was hidden with it comes back.
    pub fn kept(&mut self, index: usize) {
        self.members[index].was_leaving = true;
    }

    /// An account was erased: not before its owner's time to change their mind was over.
    pub fn account_erased(&mut self, id: &str, clock: i64) {
        let Some(member) = self.members.iter_mut().find(|member| member.id == id) else { return };
        let leaving = member.leaving.unwrap_or(i64::MAX);
        assert!(clock >= leaving.saturating_add(UNDO_MS), "the account {id} was erased early");
        member.is_gone = true;
    }

    /// What has to be absent by now: each is looked at once, when its time has come and the platform worked for long enough.
    pub fn owed_by(&mut self, now: i64) -> Vec<(Absence, usize)> {
        let mut due = Vec::new();
        while let Some(Reverse((by, absence, index))) = self.owed.peek().copied().filter(|owed| owed.0.0 < now) {
            self.owed.pop();
            if self.is_troubled || self.calm_since + LATE_MS > now {
                let later = if self.is_troubled { now } else { self.calm_since } + LATE_MS;
                self.owed.push(Reverse((later.max(by + 1), absence, index)));
                if later <= now {
                    break;
                }
            } else {
                due.push((absence, index));
            }
        }
        due
    }

    /// Members that are there and want to stay.
    pub fn staying(&self) -> Vec<usize> {
        let stays = |index: &usize| self.members[*index].leaving.is_none() && !self.members[*index].is_gone;
        (0..self.members.len()).filter(stays).collect()
    }

    /// Accounts whose rows may go before their time, with them.
    pub fn leavers(&self) -> BTreeSet<&str> {
        let leaves = |member: &&Member| member.leaving.is_some() || member.is_gone;
        self.members.iter().filter(leaves).map(|member| member.id.as_str()).collect()
    }
}
