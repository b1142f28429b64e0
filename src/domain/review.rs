//! What waits for a person to look at it.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;
use super::words::words;

/// What a review came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may be public.
    Released,
    /// It may be public, behind a warning.
    Restricted,
    /// It may not.
    Prohibited,
    /// Nothing is left to be decided: the image has left, or a later judgement of the model stands.
    Left,
}

impl Outcome {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Released => "released",
            Self::Restricted => "restricted",
            Self::Prohibited => "prohibited",
            Self::Left => "left",
        }
    }
}

/// Why an image is in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The verdict is `flagged`: it is served meanwhile.
    Flagged,
    /// The verdict is `prohibited`: it was never public, and may be so by mistake.
    Prohibited,
    /// Nothing could judge it yet: it is held.
    Unscanned,
    /// It is on a list of known material.
    KnownBad,
    /// A person had it held until somebody has decided.
    Reported,
}

impl Cause {
    /// The word stored in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Flagged => "flagged",
            Self::Prohibited => "prohibited",
            Self::Unscanned => "unscanned",
            Self::KnownBad => "known_bad",
            Self::Reported => "reported",
        }
    }
}

words! {
    /// What an operator did.
    Act {
        /// Opened the page of something.
        Opened = "opened", "opened it";
        /// Looked at the picture itself.
        Looked = "looked", "looked at the picture";
        /// Searched for something.
        Searched = "searched", "searched for it";
        /// Found an image to be safe.
        Released = "released", "found it to be safe";
        /// Found that an image needs a warning.
        Restricted = "restricted", "found that it needs a warning";
        /// Found an image to be prohibited.
        Prohibited = "prohibited", "found it to be prohibited";
        /// Took an image out of view until somebody has decided.
        Held = "held", "took it out of view";
        /// Took a decision back.
        Undone = "undone", "took the decision back";
        /// Put an image on the list of known material.
        Listed = "listed", "put it on the list";
        /// Took an image off the list.
        Unlisted = "unlisted", "took it off the list";
        /// Wanted an image back that was deleted.
        Restored = "restored", "wanted it brought back";
        /// Placed a hold.
        Preserved = "preserved", "placed a hold";
        /// Ended a hold.
        Freed = "freed", "ended the hold";
        /// Decided about a notice, an appeal or a report.
        Decided = "decided", "decided about it";
        /// Passed something on to whom it concerns.
        Forwarded = "forwarded", "passed it on";
        /// Reported something to an authority.
        Filed = "filed", "reported it";
        /// Suspended an account.
        Suspended = "suspended", "suspended the account";
        /// Ended a suspension.
        Unsuspended = "unsuspended", "ended the suspension";
        /// Made somebody an operator, by the command line.
        Appointed = "appointed", "made them an operator";
        /// Ended that.
        Dismissed = "dismissed", "made them an operator no more";
        /// Forgot lines of the log whose time was over.
        Forgot = "forgot", "forgot lines whose time was over";
    }
}

words! {
    /// What an operator's act is about.
    About {
        /// An image.
        Image = "image", "Picture";
        /// A notice.
        Notice = "notice", "Report";
        /// An appeal.
        Appeal = "appeal", "Appeal";
        /// What must be reported to an authority.
        Report = "report", "Report to an authority";
        /// An account.
        Account = "account", "Account";
        /// The review log itself.
        Log = "log", "Log";
    }
}

words! {
    /// What an operator can decide about an image.
    Choice {
        /// It may be public.
        Release = "release", "Nothing is wrong with it";
        /// It may be public, behind a warning.
        Restrict = "restrict", "It needs a warning";
        /// It may not be here.
        Prohibit = "prohibit", "It may not be here";
        /// It is out of view until somebody else has decided.
        Hold = "hold", "Out of view until somebody else has decided";
    }
}

/// How much of a queue waits for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Waiting {
    /// At most as many entries as were counted.
    pub open: i64,
    /// When the first of them is due.
    pub first_due: Option<Timestamp>,
}
