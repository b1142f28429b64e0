//! What the product owes, in plain words: an image that was acknowledged is served until it expires or is
//! deleted, and never after; a key makes one image a day. How that is done, the model does not know.

use std::collections::HashMap;

use tintype::domain::time::{DAY_MS, MINUTE_MS, Timestamp};

/// A request, in the model's words.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    Upload {
        surface: u64,
        body: u64,
        ttl_s: i64,
        key: Option<u64>,
    },
    /// 1: if it changed; 2: a range; from 3 on: a variant.
    View {
        image: usize,
        conditional: u64,
    },
    Facts {
        image: usize,
    },
    Delete {
        image: usize,
        right: bool,
    },
}

/// What the answer said.
#[derive(Clone, Debug)]
pub struct Said {
    pub status: u16,
    pub code: String,
    pub id: String,
    pub url: String,
    pub token: String,
    pub tag: String,
    pub expires_at: String,
    pub body: Option<usize>,
    pub body_bytes: usize,
    pub cache: String,
    /// The image's state, if the answer names one.
    pub state: String,
    /// Whether vision was away by the world's doing, not by a planned fault.
    pub vision_is_away: bool,
}

/// What the uploader may believe about an image's removal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Removal {
    /// Nobody asked.
    No,
    /// Asked, and no answer came: it may or may not have begun.
    Perhaps,
    /// Begun for certain; views may still succeed until the work is finished.
    Begun,
    /// Said to be done.
    Done,
}

#[derive(Debug)]
pub struct Image {
    pub id: String,
    pub url: String,
    pub token: String,
    pub tag: String,
    body: u64,
    /// The earliest and latest it can expire; known exactly unless the clock moved meanwhile.
    expires: (i64, i64),
    removal: Removal,
    /// Until when it may be held, from the earliest to the latest; none once it was seen in public.
    held: Option<(i64, i64)>,
    /// Not before this can its removal have begun.
    leaves_at: i64,
    /// Until when a copy near visitors may be served after it was deleted.
    copied_until: i64,
    forgotten: bool,
    /// Whether a person may have decided about it: then it may be away and come back, but never for longer than was
    /// promised, and never once it is deleted.
    reviewed: bool,
}

impl Image {
    /// Whether there is a reason for it not to be there: its time is over, somebody removed it, or it was held for as
    /// long as it may be.
    fn may_be_gone(&self, span: (i64, i64)) -> bool {
        let is_given_up = self.held.is_some_and(|until| until.0 <= span.1);
        self.reviewed || self.expires.0 <= span.1 || self.removal != Removal::No || is_given_up
    }
}

/// What is known of a key: what was asked under it, when at the latest, and what it surely made.
#[derive(Clone, Debug, Default)]
struct Key {
    /// Each attempt that may have made something: request and time span.
    attempts: Vec<(Asked, (i64, i64))>,
    made: Option<(usize, (i64, i64))>,
}

#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub uploads: u64,
    pub replays: u64,
    pub refused_repeats: u64,
    pub unanswered: u64,
    pub served: u64,
    pub gone: u64,
    pub forgotten: u64,
    pub deleted: u64,
    pub wrong_tokens: u64,
    pub prohibited: u64,
    pub held: u64,
    pub released: u64,
    pub reviews: u64,
    pub variants: u64,
}

impl Tally {
    pub fn named(&self) -> [(&'static str, u64); 14] {
        [
            ("upload", self.uploads),
            ("replay", self.replays),
            ("refused repeat", self.refused_repeats),
            ("silence", self.unanswered),
            ("view", self.served),
            ("farewell", self.gone),
            ("forgetting", self.forgotten),
            ("deletion", self.deleted),
            ("wrong token", self.wrong_tokens),
            ("prohibited", self.prohibited),
            ("held", self.held),
            ("released", self.released),
            ("review", self.reviews),
            ("variant", self.variants),
        ]
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            uploads: self.uploads + other.uploads,
            replays: self.replays + other.replays,
            refused_repeats: self.refused_repeats + other.refused_repeats,
            unanswered: self.unanswered + other.unanswered,
            served: self.served + other.served,
            gone: self.gone + other.gone,
            forgotten: self.forgotten + other.forgotten,
            deleted: self.deleted + other.deleted,
            wrong_tokens: self.wrong_tokens + other.wrong_tokens,
            prohibited: self.prohibited + other.prohibited,
            held: self.held + other.held,
            released: self.released + other.released,
            reviews: self.reviews + other.reviews,
            variants: self.variants + other.variants,
        }
    }
}

#[derive(Default)]
pub struct Model {
    images: Vec<Image>,
    by_id: HashMap<String, usize>,
    keys: HashMap<u64, Key>,
    pub tally: Tally,
    /// How long a copy may live after its image; 0: there are none.
    copies_ms: i64,
}

const KEY_MS: i64 = DAY_MS;
const IN_FLIGHT_MS: i64 = 2 * MINUTE_MS;
/// How long an image that cannot be judged is held.
const HELD_MS: i64 = 3 * DAY_MS;
/// Recovery, then the tombstone: before that, an address that was once in use says 410.
const REMEMBERED_MS: i64 = 14 * DAY_MS + TOMBSTONE_MS;
const TOMBSTONE_MS: i64 = 90 * DAY_MS;

impl Model {
    pub fn new(copies_ms: i64) -> Self {
        Self { copies_ms, ..Self::default() }
    }

    pub fn count(&self) -> usize {
        self.images.len()
    }

    /// The images that have not yet been found forgotten.
    pub fn remembered(&self) -> Vec<usize> {
        (0..self.images.len()).filter(|index| !self.images[*index].forgotten).collect()
    }

    /// A person decides something about an image.
    pub fn review(&mut self, index: usize) {
        self.images[index].reviewed = true;
        self.tally.reviews += 1;
    }

    pub fn image(&self, index: usize) -> &Image {
        &self.images[index]
    }

    /// Checks an answer against what is owed, and learns from it. `certain`: nothing interfered. `span`: from
    /// when to when it was worked on.
    pub fn judge(&mut self, asked: &Asked, said: Option<&Said>, span: (i64, i64), certain: bool, concurrent: bool) {
        // An import whose network failed made nothing, as one that was never answered.
        let answers = |said: &&Said| said.status < 500 && said.code != "import-failed";
        let Some(said) = said.filter(|said| answers(said) || said.code == "busy" && concurrent) else {
            assert!(!certain, "no answer although nothing went wrong: {asked:?} {said:?}");
            self.tally.unanswered += 1;
            return self.not_answered(asked, span);
        };
        match asked {
            Asked::Upload { key: None, body, ttl_s, .. } if said.status == 202 => {
                assert!(!certain || said.vision_is_away, "held, and nothing was wrong: {said:?}");
                self.learn(said, *body, *ttl_s, span);
            }
            Asked::Upload { key: None, body, .. } if super::is_never_public(*body) => {
                assert_eq!((said.status, said.code.as_str()), (422, "content-prohibited"), "{said:?}");
                self.tally.prohibited += 1;
            }
            Asked::Upload { key: None, body, ttl_s, .. } => {
                assert_eq!(said.status, 201, "{said:?}");
                self.learn(said, *body, *ttl_s, span);
            }
            Asked::Upload { key: Some(key), .. } => self.judge_keyed(*key, asked, said, span, certain),
            Asked::View { image, conditional } => self.judge_view(*image, *conditional, said, span, concurrent),
            Asked::Facts { image } => {
                if said.status == 200 {
                    let image = &self.images[*image];
                    let reviewed = image.reviewed;
                    assert!(reviewed || said.state == "live" || image.held.is_some(), "public, then held: {image:?}");
                    assert!(reviewed || said.state != "live" || !super::is_never_public(image.body), "{image:?}");
                    assert!(span.0 < image.expires.1, "facts of an expired image {image:?}");
                    assert!(matches!(image.removal, Removal::No | Removal::Perhaps) || concurrent, "{image:?}");
                } else {
                    self.judge_absence(*image, said, span, !concurrent);
                }
            }
            Asked::Delete { image, right } => self.judge_deletion(*image, *right, said, span, concurrent),
        }
    }

    fn not_answered(&mut self, asked: &Asked, span: (i64, i64)) {
        match asked {
            Asked::Delete { image, right: true } => {
                let image = &mut self.images[*image];
                if image.removal == Removal::No {
                    (image.removal, image.leaves_at) = (Removal::Perhaps, image.leaves_at.min(span.0));
                }
            }
            Asked::Upload { key: Some(key), .. } => {
                self.keys.entry(*key).or_default().attempts.push((asked.clone(), span));
            }
            _ => {}
        }
    }

    fn learn(&mut self, said: &Said, body: u64, ttl_s: i64, span: (i64, i64)) -> usize {
        if let Some(known) = self.by_id.get(&said.id) {
            return *known;
        }
        let expires = (span.0 + ttl_s * 1_000, span.1 + ttl_s * 1_000);
        if expires.0 == expires.1 {
            assert_eq!(said.expires_at, Timestamp(expires.0).rfc3339(), "the disclosed date is the promised one");
        }
        let is_held = said.status == 202;
        self.tally.uploads += u64::from(!is_held);
        self.tally.held += u64::from(is_held);
        self.by_id.insert(said.id.clone(), self.images.len());
        self.images.push(Image {
            id: said.id.clone(),
            // Every file here is a PNG.
            url: if is_held { format!("{}/{}.png", crate::harness::IMAGES, said.id) } else { said.url.clone() },
            token: said.token.clone(),
            tag: String::from("\"unknown\""),
            body,
            expires,
            removal: Removal::No,
            held: is_held.then_some((span.0 + HELD_MS, span.1 + HELD_MS)),
            leaves_at: expires.0,
            copied_until: i64::MIN,
            forgotten: false,
            reviewed: false,
        });
        self.images.len() - 1
    }

    fn judge_keyed(&mut self, number: u64, asked: &Asked, said: &Said, span: (i64, i64), certain: bool) {
        let Asked::Upload { body, ttl_s, .. } = asked else { return };
        let mut key = self.keys.remove(&number).unwrap_or_default();
        // What is surely older than a day is forgotten; what only may be stays possible.
        key.attempts.retain(|(_, (_, latest))| span.0 - latest < KEY_MS);
        key.made = key.made.filter(|(_, (_, latest))| span.0 - latest < KEY_MS);
        let surely_remembered = key.made.is_some_and(|(_, (from, _))| span.1 - from < KEY_MS);
        let asked_before = key.attempts.iter().any(|(other, _)| other == asked);
        let other_before = key.attempts.iter().any(|(other, _)| other != asked);
        match said.status {
            422 if said.code == "content-prohibited" => {
                // By the model, or by a person while it was held.
                let is_reviewed = self.images.iter().any(|image| image.reviewed && image.body == *body);
                assert!(super::is_never_public(*body) || is_reviewed, "{said:?}");
                key.attempts.push((asked.clone(), span));
                self.tally.prohibited += 1;
            }
            201 => {
                assert!(!super::is_never_public(*body), "{said:?}");
                assert!(!(certain && surely_remembered), "a key made a second image within its day: {key:?}");
                let made = self.learn(said, *body, *ttl_s, span);
                key = Key { attempts: vec![(asked.clone(), span)], made: Some((made, span)) };
            }
            // Taken before, and held: whether by an earlier request, only the name tells.
            202 if !self.by_id.contains_key(&said.id) => {
                assert!(!certain || said.vision_is_away || asked_before, "held, and nothing was wrong: {said:?}");
                assert!(!(certain && surely_remembered), "a key made a second image within its day: {key:?}");
                let made = self.learn(said, *body, *ttl_s, self.span_of(&key, asked, span));
                key.attempts.push((asked.clone(), span));
                key = Key { attempts: key.attempts, made: Some((made, span)) };
            }
            200 | 202 => {
                assert!(asked_before, "a replay of what was never asked");
                // Of an attempt whose answer never came: when it began, only the attempt knows.
                let spans: Vec<_> = key.attempts.iter().filter(|(other, _)| other == asked).map(|(_, s)| *s).collect();
                let from = spans.iter().map(|s| s.0).min().unwrap_or(span.0);
                let to = spans.iter().map(|s| s.1).max().unwrap_or(span.1);
                let made = self.learn(said, *body, *ttl_s, (from, to));
                assert!(
                    !certain || key.made.is_none_or(|(known, _)| known == made),
                    "another image under the same key"
                );
                assert!(span.0 < self.images[made].expires.1, "a replay of an expired image");
                assert!(self.images[made].removal != Removal::Done || !certain, "a replay of a deleted image");
                key.made = Some((made, (from, to)));
                self.tally.replays += 1;
            }
            409 | 503 => {
                let recent = key.attempts.iter().any(|(_, (_, to))| span.0 - to < IN_FLIGHT_MS);
                assert!(!certain || recent && key.made.is_none(), "in flight, and nothing is: {key:?}");
                key.attempts.push((asked.clone(), span));
                self.tally.refused_repeats += 1;
            }
            422 => {
                assert!(other_before && said.code == "idempotency-key-reused" || !certain, "{said:?} {key:?}");
                self.tally.refused_repeats += 1;
            }
            410 => {
                assert!(asked_before, "gone, and never asked for");
                if let Some((made, _)) = key.made.filter(|_| certain) {
                    let image = &self.images[made];
                    assert!(image.may_be_gone(span), "a live image called gone");
                }
                self.tally.refused_repeats += 1;
            }
            other => panic!("{other} to an upload under a key: {said:?}"),
        }
        if !certain && said.status != 201 {
            key.attempts.push((asked.clone(), span));
        }
        self.keys.insert(number, key);
    }

    fn judge_view(&mut self, index: usize, conditional: u64, said: &Said, span: (i64, i64), concurrent: bool) {
        if !matches!(said.status, 200 | 206 | 304) {
            return self.judge_absence(index, said, span, true);
        }
        let image = &mut self.images[index];
        self.tally.released += u64::from(image.held.take().is_some());
        assert!(image.reviewed || !super::is_never_public(image.body), "a prohibited image is served");
        assert!(!image.forgotten, "a forgotten image is back");
        assert!(span.0 < image.expires.1, "an expired image is served: {image:?} at {span:?}");
        let is_deleted = image.removal == Removal::Done && span.0 >= image.copied_until;
        assert!(!is_deleted, "a deleted image is served: {image:?}");
        if image.reviewed {
            // A person may have put a warning before it: then this is its placeholder.
            self.tally.served += 1;
            return;
        }
        let expected = match conditional {
            // Side by side with the first view, the tag was not yet known.
            1 if image.tag != "\"unknown\"" && !(concurrent && said.status == 200) => 304,
            2 => 206,
            _ => 200,
        };
        assert_eq!(said.status, expected, "{said:?}");
        match said.status {
            200 if conditional > 2 => assert!(said.body_bytes > 0 && said.body.is_none(), "no variant: {said:?}"),
            200 => assert_eq!(said.body, Some(image.body as usize), "other bytes than were uploaded"),
            206 => assert_eq!(said.body_bytes, 10),
            _ => assert_eq!(said.body_bytes, 0),
        }
        let seconds = said.cache.strip_prefix("public, max-age=").and_then(|rest| rest.split(',').next());
        let seconds: i64 = seconds.and_then(|text| text.parse().ok()).expect("a max-age");
        assert!(span.0 + seconds * 1_000 <= image.expires.1, "a cache may keep it too long: {image:?} {said:?}");
        self.tally.served += 1;
        if conditional > 2 {
            self.tally.variants += 1;
        } else {
            image.tag.clone_from(&said.tag);
        }
    }

    /// An image that is not there must have a reason not to be, and say the right one.
    fn judge_absence(&mut self, index: usize, said: &Said, span: (i64, i64), learns: bool) {
        let image = &mut self.images[index];
        if said.code == "image-held" {
            let is_held = image.reviewed || image.held.is_some_and(|until| span.0 < until.1);
            assert!(is_held, "held for too long, or again: {image:?}");
            assert_ne!(image.removal, Removal::Done, "a deleted image is held: {image:?}");
            return;
        }
        // Found to be prohibited when it could be judged: nothing is told of it, as of any such.
        if said.status == 404 && (image.reviewed || image.held.is_some() && super::is_never_public(image.body)) {
            return;
        }
        assert!(image.may_be_gone(span), "an image is missing: {image:?} {said:?} at {span:?}");
        if image.held.is_some_and(|until| until.0 <= span.1) {
            image.leaves_at = image.leaves_at.min(image.held.map_or(i64::MAX, |until| until.0));
        }
        match said.status {
            410 => self.tally.gone += 1,
            404 => {
                // What was given up without ever having been public has no time in recovery.
                let remembered_ms = if image.held.is_some() { TOMBSTONE_MS } else { REMEMBERED_MS };
                assert!(span.1 - image.leaves_at >= remembered_ms, "forgotten too early: {image:?}");
                image.forgotten = true;
                self.tally.forgotten += 1;
            }
            other => panic!("{other}: {said:?}"),
        }
        assert_eq!(said.cache, "no-store");
        if learns && image.removal == Removal::Perhaps && image.expires.0 > span.1 {
            image.removal = Removal::Begun;
        }
    }

    fn judge_deletion(&mut self, index: usize, right: bool, said: &Said, span: (i64, i64), concurrent: bool) {
        let image = &mut self.images[index];
        match (said.status, right) {
            (200, true) => {
                assert!(span.0 < image.expires.1, "an expired image was deleted");
                assert!(
                    matches!(image.removal, Removal::No | Removal::Perhaps) || concurrent,
                    "deleted twice: {image:?}"
                );
                (image.removal, image.leaves_at) = (Removal::Done, image.leaves_at.min(span.0));
                // Its purges may have failed.
                image.copied_until = span.1 + self.copies_ms;
                self.tally.deleted += 1;
            }
            (202, true) if image.removal != Removal::Done => {
                (image.removal, image.leaves_at) = (Removal::Begun, image.leaves_at.min(span.0));
            }
            (202, true) => {}
            (403, false) => {
                assert!(matches!(image.removal, Removal::No | Removal::Perhaps) || concurrent, "{image:?}");
                self.tally.wrong_tokens += 1;
            }
            (404 | 410, _) if concurrent && right && image.removal == Removal::No => {
                // The other one, asking the same, was quicker.
                (image.removal, image.leaves_at) = (Removal::Perhaps, image.leaves_at.min(span.0));
            }
            (404 | 410, _) => self.judge_absence(index, said, span, !concurrent),
            (other, _) => panic!("{other}: {said:?}"),
        }
    }

    /// From when to when an attempt like this one may have made something.
    fn span_of(&self, key: &Key, asked: &Asked, span: (i64, i64)) -> (i64, i64) {
        let spans = key.attempts.iter().filter(|(other, _)| other == asked).map(|(_, span)| *span);
        spans.chain([span]).fold(span, |all, one| (all.0.min(one.0), all.1.max(one.1)))
    }

    /// Of requests that ran side by side under one key, all that succeeded name one image.
    pub fn judge_together(&self, all: &[(&Asked, &Said)]) {
        for (asked, said) in all {
            for (other, other_said) in all {
                let keyed = matches!(asked, Asked::Upload { key: Some(_), .. });
                if keyed && asked == other && said.status < 300 && other_said.status < 300 {
                    assert_eq!(said.id, other_said.id, "two images under one key");
                }
            }
        }
    }

    /// The dust has settled: what had begun is done.
    pub fn rest(&mut self) {
        for image in &mut self.images {
            if image.removal == Removal::Begun {
                image.removal = Removal::Done;
            }
        }
    }
}
