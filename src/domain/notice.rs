//! Notices: what somebody tells us is wrong with images. People call them reports; the table `reports` is another matter.

use serde::{Deserialize, Serialize};

use super::ground::Ground;
use super::ids::{ImageId, NoticeId};
use super::time::Timestamp;
use super::words::words;

words! {
    /// What a notice is in law.
    NoticeKind {
        /// It is against the law (Regulation (EU) 2022/2065, Art. 16).
        Illegal = "illegal", "It is against the law";
        /// It is somebody's work (17 U.S.C. 512(c)(3)).
        Copyright = "copyright", "It is my work, or that of somebody I act for";
        /// It shows somebody intimately who has not agreed to that (TAKE IT DOWN Act, sec. 3).
        IntimateImagery = "intimate_imagery", "It shows me intimately, or somebody I act for, without consent";
        /// It is against the terms.
        Abuse = "abuse", "It is against the rules here";
    }
}

words! {
    /// What a notice says.
    NoticeField {
        /// Where the images are.
        Urls = "urls", "The exact addresses of the pictures";
        /// Which law or rule it is about.
        Ground = "ground", "What is wrong with them";
        /// Why.
        Reasons = "reasons", "Why you think so";
        /// The work that was copied.
        Work = "work", "The work that was copied";
        /// Who says so.
        Name = "name", "Your name";
        /// By which an answer reaches them.
        Email = "email", "Your email address";
        /// Where they live or have an office.
        Address = "address", "Your postal address";
        /// By which they can be called.
        Phone = "phone", "Your telephone number";
        /// That they believe it.
        GoodFaith = "good_faith", "The statement of good faith";
        /// That it is right, and under penalty of perjury that they may say so.
        Accuracy = "accuracy", "The statement of accuracy and authority";
        /// Their name, as a signature.
        Signature = "signature", "Your signature";
    }
}

words! {
    /// What was decided about a notice.
    NoticeOutcome {
        /// The images are out of view.
        Prohibited = "prohibited", "The pictures are out of view";
        /// They are behind a warning.
        Restricted = "restricted", "The pictures are shown behind a warning";
        /// They stay as they are.
        NoAction = "no_action", "The pictures stay as they are";
        /// The notifier takes it back.
        Withdrawn = "withdrawn", "The report was taken back";
    }
}

words! {
    /// Why an image is part of a notice.
    FoundBy {
        /// The notifier named it.
        Named = "named", "named in the report";
        /// Its bytes are those of one that was named.
        Exact = "exact", "a copy, byte for byte";
        /// It looks like one that was named.
        Near = "near", "looks the same";
    }
}

words! {
    /// What came of a counter-notice.
    CounterOutcome {
        /// The image is back.
        Restored = "restored", "the picture is back";
        /// It stays out of view.
        Stays = "stays", "the picture stays out of view";
        /// There is nothing to bring back.
        Gone = "gone", "there is nothing to bring back any more";
    }
}

/// Everything that a notifier has written. It is sealed as a whole.
#[derive(Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NoticeText {
    /// Addresses of images, as they were given.
    pub urls: Vec<String>,
    /// See [`NoticeField`], as all of these; empty: nothing.
    pub reasons: String,
    /// See above.
    pub work: String,
    /// See above.
    pub name: String,
    /// See above.
    pub email: String,
    /// See above.
    pub address: String,
    /// See above.
    pub phone: String,
    /// See above.
    pub good_faith: bool,
    /// See above.
    pub accuracy: bool,
    /// See above.
    pub signature: String,
    /// What opens the page of the notice, for letters about it.
    pub token: String,
}

impl NoticeText {
    /// Whether it says something about `field`; the ground is no part of it.
    #[must_use]
    pub fn has(&self, field: NoticeField) -> bool {
        match field {
            NoticeField::Urls => !self.urls.is_empty(),
            NoticeField::Ground => true,
            NoticeField::Reasons => !self.reasons.is_empty(),
            NoticeField::Work => !self.work.is_empty(),
            NoticeField::Name => !self.name.is_empty(),
            NoticeField::Email => !self.email.is_empty(),
            NoticeField::Address => !self.address.is_empty(),
            NoticeField::Phone => !self.phone.is_empty(),
            NoticeField::GoodFaith => self.good_faith,
            NoticeField::Accuracy => self.accuracy,
            NoticeField::Signature => !self.signature.is_empty(),
        }
    }
}

impl std::fmt::Debug for NoticeText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("NoticeText(…)")
    }
}

/// A notice as the database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Its name.
    pub id: NoticeId,
    /// What it is in law.
    pub kind: NoticeKind,
    /// What the notifier says is wrong.
    pub ground: Ground,
    /// Hash of what opens its page.
    pub token_hash: String,
    /// [`NoticeText`], sealed.
    pub sealed: String,
    /// What the law still asks for.
    pub missing: Vec<NoticeField>,
    /// Whether it came from somebody whose notices can be relied on.
    pub is_trusted: bool,
    /// How urgent it is: the larger, the more.
    pub severity: i64,
    /// When it came.
    pub received_at: Timestamp,
    /// When nothing was missing any more.
    pub valid_at: Option<Timestamp>,
    /// By when it is to be decided.
    pub due_at: Option<Timestamp>,
    /// Whether copies are still searched for.
    pub is_searching: bool,
    /// The decision.
    pub decided: Option<Decided>,
}

/// A decision about a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// What was decided.
    pub outcome: NoticeOutcome,
    /// On which ground.
    pub ground: Ground,
    /// Why, in words.
    pub reason: String,
    /// The operator's account; empty: the notifier took it back.
    pub operator: String,
    /// Whether the images themselves were looked at.
    pub has_seen_images: bool,
}

/// An image that a notice is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NoticeImage {
    /// Its name; there may be no such image.
    pub image_id: ImageId,
    /// Why it is part of it.
    pub found: FoundBy,
    /// Differing bits of what looks the same.
    pub distance: Option<i64>,
    /// When it was taken out of view until it is decided.
    pub held_at: Option<Timestamp>,
    /// When the decision was carried out on it.
    pub done_at: Option<Timestamp>,
}

/// What somebody answers to a claim of copyright (17 U.S.C. 512(g)(3)). It is sealed as a whole.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CounterText {
    /// Who answers.
    pub name: String,
    /// Where they live.
    pub address: String,
    /// By which they can be called.
    pub phone: String,
    /// By which an answer reaches them.
    pub email: String,
    /// What they say besides.
    pub reasons: String,
    /// Their name, as a signature, under the statements that the form makes.
    pub signature: String,
}

impl std::fmt::Debug for CounterText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CounterText(…)")
    }
}

/// A counter-notice as the database has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct CounterNotice {
    /// Its name.
    pub id: NoticeId,
    /// The notice that it answers.
    pub notice_id: NoticeId,
    /// The image it is about.
    pub image_id: ImageId,
    /// [`CounterText`], sealed.
    pub sealed: String,
    /// When it came.
    pub received_at: Timestamp,
    /// When it was forwarded to the claimant.
    pub forwarded_at: Timestamp,
    /// Not before this the image comes back.
    pub restore_not_before: Timestamp,
    /// Before this it does.
    pub restore_not_after: Timestamp,
    /// When the claimant said that a court was asked.
    pub suit_at: Option<Timestamp>,
    /// When it was settled.
    pub settled_at: Option<Timestamp>,
    /// How.
    pub outcome: Option<CounterOutcome>,
}

/// The image that an address of ours leads to, be it that of its page or of itself; `origins` are ours. Whether there is one,
/// is not asked.
#[must_use]
pub fn image_at(url: &str, origins: [&url::Url; 2]) -> Option<ImageId> {
    let text = url.trim();
    if let Some(id) = ImageId::parse(text) {
        return Some(id);
    }
    let url = url::Url::parse(text).ok()?;
    if !origins.iter().any(|ours| ours.origin() == url.origin()) {
        return None;
    }
    let first = url.path_segments()?.next()?;
    ImageId::parse(first.split('.').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_named_by_its_page_its_file_or_its_id() {
        let ours = ["https://tintype.example", "https://images.example"].map(|url| url::Url::parse(url).unwrap());
        let id = ImageId::from_random([7; 15]);
        for named in [
            format!("https://tintype.example/{id}"),
            format!(" https://images.example/{id}.png?w=320 "),
            format!("https://tintype.example/{id}/delete"),
            id.to_string(),
        ] {
            assert_eq!(image_at(&named, [&ours[0], &ours[1]]), Some(id.clone()), "{named}");
        }
        for other in ["", "https://tintype.example/", "https://other.example/0", "not an address"] {
            assert_eq!(image_at(other, [&ours[0], &ours[1]]), None, "{other}");
        }
        assert_eq!(image_at(&format!("https://other.example/{id}"), [&ours[0], &ours[1]]), None);
    }
}
