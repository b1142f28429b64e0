//! What somebody asked about their data by mail, or an agent for them (promise IMP-56). Whoever has an account does most of it
//! themselves, in the settings.

use serde::{Deserialize, Serialize};

use super::ids::SubjectRequestId;
use super::time::Timestamp;
use super::words::words;

words! {
    /// What is asked for.
    RequestKind {
        /// What is kept (GDPR Art. 15).
        Access = "access", "What is kept";
        /// A copy to take elsewhere (GDPR Art. 20).
        Portability = "portability", "A copy to take elsewhere";
        /// That something wrong is put right (GDPR Art. 16).
        Rectification = "rectification", "Putting something right";
        /// That it is erased (GDPR Art. 17).
        Erasure = "erasure", "Erasure";
        /// That nothing is done with it meanwhile (GDPR Art. 18).
        Restriction = "restriction", "Restriction";
        /// That something is not done any more (GDPR Art. 21).
        Objection = "objection", "Objection";
        /// Something else.
        Other = "other", "Something else";
    }
}

words! {
    /// How it came.
    RequestChannel {
        /// By email.
        Email = "email", "By email";
        /// Through an authorised agent.
        Agent = "agent", "Through an agent";
        /// On paper.
        Post = "post", "By post";
    }
}

words! {
    /// Whose deadline counts.
    RequestLaw {
        /// A month (GDPR Art. 12(3)), which is taken as 30 days.
        Gdpr = "gdpr", "GDPR: 30 days";
        /// 45 days (Cal. Civ. Code § 1798.130(a)(2)).
        Ccpa = "ccpa", "California: 45 days";
    }
}

words! {
    /// What came of it.
    RequestOutcome {
        /// It was done.
        Done = "done", "Done";
        /// It was refused, for a reason that whoever asked was told.
        Refused = "refused", "Refused";
        /// Whoever asked does not want it any more.
        Withdrawn = "withdrawn", "Withdrawn";
    }
}

/// Longest reference, in characters.
pub const REFERENCE_CHARS_MAX: usize = 120;
/// Longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 500;

/// A request as the operators see it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SubjectRequest {
    /// Its name.
    pub id: SubjectRequestId,
    /// What is asked for.
    pub kind: RequestKind,
    /// How it came.
    pub channel: RequestChannel,
    /// Whose deadline counts.
    pub law: RequestLaw,
    /// Where the operators find it in their own mail.
    pub reference: String,
    /// When it came.
    pub received_at: Timestamp,
    /// By when it is to be answered.
    pub due_at: Timestamp,
    /// When it was found out that whoever asked may.
    pub verified_at: Option<Timestamp>,
    /// When more time was taken.
    pub extended_at: Option<Timestamp>,
    /// When it was answered.
    pub closed_at: Option<Timestamp>,
    /// What came of it.
    pub outcome: Option<RequestOutcome>,
    /// What the operators noted.
    pub note: Option<String>,
}
