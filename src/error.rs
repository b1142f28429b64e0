//! Two kinds of error. A [`Problem`] is something the caller can understand and change; the list is
//! closed and documented. A [`Fault`] is ours: logged once, opaque to the caller.

use crate::domain::api_key::{Mistyped, Scope};
use crate::domain::http_signature::Refusal;
use crate::domain::ids::ImageId;
use crate::domain::quota::Resource;
use crate::domain::time::Timestamp;
use crate::ports::billing::BillingFailure;
use crate::ports::blobs::BlobFailure;
use crate::ports::challenge::ChallengeFailure;
use crate::ports::digest::DigestFailure;
use crate::ports::edge_cache::EdgeCacheFailure;
use crate::ports::hash_lists::HashListFailure;
use crate::ports::mail::MailFailure;
use crate::ports::outbound::OutboundFailure;
use crate::ports::outside_classifier::OutsideFailure;
use crate::ports::queue::QueueFailure;
use crate::ports::rng::RngFailure;
use crate::ports::sql::SqlFailure;
use crate::ports::static_assets::AssetFailure;

/// What the caller did or met. `http/problem_types.rs` knows the status and the words for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The request's form cannot be understood.
    MalformedRequest {
        /// What is wrong with it.
        detail: String,
    },
    /// One field breaks a rule.
    InvalidField {
        /// The field's name.
        field: &'static str,
        /// What would be right.
        detail: String,
    },
    /// The body's length was not declared.
    LengthRequired,
    /// More bytes than allowed.
    PayloadTooLarge {
        /// The limit.
        limit_bytes: u64,
    },
    /// Not a format we take.
    UnsupportedFormat {
        /// What it seems to be, if recognised.
        detected: Option<String>,
    },
    /// Larger in pixels, frames or scans than allowed.
    ImageTooLarge {
        /// Which limit, in words.
        detail: String,
    },
    /// The file is damaged or not what it says.
    UndecodableImage {
        /// What the decoder found, in our words.
        detail: String,
    },
    /// The content is not allowed here.
    ContentProhibited {
        /// What an appeal names; nothing was kept without it.
        image_id: Option<ImageId>,
        /// The grounds.
        reason: String,
    },
    /// The `Idempotency-Key` is not usable as one.
    IdempotencyKeyInvalid,
    /// The same key came with another body.
    IdempotencyKeyReused,
    /// The same request is being worked on right now.
    IdempotencyKeyInFlight {
        /// Seconds until a repeat makes sense.
        retry_after_s: i64,
    },
    /// Too many uploads.
    RateLimited {
        /// The limit's name.
        limit: &'static str,
        /// Uploads allowed in the window.
        uploads_max: i64,
        /// Every limit, as the `RateLimit-Policy` field says it.
        policy: String,
        /// Seconds until the window ends.
        retry_after_s: i64,
    },
    /// The account has no room for the image.
    QuotaExceeded {
        /// What it has enough of.
        resource: Resource,
        /// How much that is.
        max: u64,
        /// Of uploads in a month: seconds until the next begins.
        retry_after_s: Option<i64>,
    },
    /// Too many variants that were not there yet.
    TooManyVariants {
        /// Seconds to wait.
        retry_after_s: i64,
    },
    /// The image cannot be made into that.
    TransformImpossible {
        /// Why, and what can.
        detail: String,
    },
    /// Transforms are made for signed addresses, or for those on a list, and this is neither.
    TransformNotAllowed,
    /// The address claims to be signed and is not, or was changed.
    SignatureWrong,
    /// The address was signed for a time that has passed.
    UrlExpired,
    /// The page that shows the image is not on a site that may.
    HotlinkRefused,
    /// Policy withholds the image where the caller is.
    WithheldInCountry {
        /// Its name in English.
        country: &'static str,
        /// By which law or order.
        reason: String,
    },
    /// The URL may not be fetched.
    ImportRefused {
        /// Why.
        detail: String,
    },
    /// The URL could not be fetched.
    ImportFailed {
        /// What happened.
        detail: String,
    },
    /// There is no such thing here.
    NotFound,
    /// It is to be judged before it is shown.
    ImageHeld,
    /// It was here once.
    ImageGone,
    /// No delete token was sent.
    DeleteTokenMissing,
    /// The delete token does not open this image.
    DeleteTokenWrong,
    /// The image belongs to somebody else, or to nobody.
    NotOwner,
    /// There is no such API key, or it was revoked, or it has expired.
    ApiKeyInvalid,
    /// What was sent as an API key is not one.
    ApiKeyMistyped {
        /// What is wrong with it.
        mistake: Mistyped,
    },
    /// The key does not allow that.
    ScopeMissing {
        /// The scope it would need.
        scope: Scope,
    },
    /// The key is confined to a collection, and this is not about what is in it.
    KeyConfined,
    /// The account has as many collections as it may.
    TooManyCollections {
        /// How many that is.
        collections_max: i64,
    },
    /// The account has as many keys as it may.
    TooManyApiKeys {
        /// How many that is.
        keys_max: i64,
    },
    /// The account is to be erased: nobody can sign in.
    AccountLeaving {
        /// Until when it can be kept.
        kept_until: Timestamp,
    },
    /// Only for an account whose address is proved.
    VerifiedAccountNeeded,
    /// What was shown as an upload ticket lets nobody upload.
    TicketInvalid {
        /// Why.
        detail: String,
    },
    /// Every upload that the ticket allows was made.
    TicketUsedUp,
    /// The ticket does not allow what was asked for.
    TicketRefuses {
        /// The field that is about it.
        field: &'static str,
        /// What it allows.
        detail: String,
    },
    /// The account has as many tickets as it may.
    TooManyTickets {
        /// How many that is.
        tickets_max: i64,
    },
    /// A signature of the request does not count.
    RequestSignatureWrong {
        /// Why.
        refusal: Refusal,
    },
    /// The request was signed too long ago, or for a time that has passed.
    RequestSignatureExpired {
        /// When it is now, in seconds since 1970, and when it was signed, in words.
        detail: String,
        /// Our clock, in seconds since 1970.
        now_s: i64,
    },
    /// A request with this nonce came before.
    NonceReplayed,
    /// The request has a body, and no signed digest of it.
    ContentDigestMissing,
    /// The body is not the one whose digest was sent.
    ContentDigestMismatch,
    /// What was shown does not prove who shows it.
    ProofWrong,
    /// A form sent from another site.
    CrossSiteForm,
    /// A form of a signed-in page without the token of this sign-in.
    FormStale,
    /// Only for somebody who is signed in.
    SignInNeeded,
    /// No account has this address and this password.
    CredentialsWrong,
    /// An operator has no second factor to show.
    FactorNeeded,
    /// Too many attempts at something.
    TooManyAttempts {
        /// Seconds until the window ends.
        retry_after_s: i64,
    },
    /// A program would do that so often: a person can show to be one.
    ChallengeNeeded {
        /// Where.
        url: String,
        /// Seconds after which one more is let through in any case.
        retry_after_s: i64,
    },
    /// The link in a letter does not work any more, or never did.
    LinkExpired,
    /// Another account has this address.
    EmailTaken,
    /// Somebody's role in a team does not allow that.
    TeamRoleMissing,
    /// The owner of a team cannot be taken out of it, nor be made anything else.
    TeamOwnerStays,
    /// There are as many teams, members or invitations as there may be.
    TeamLimitReached {
        /// Of what: `teams_owned`, `teams_joined`, `members` or `invitations`.
        limit: &'static str,
        /// How many that is.
        count_max: i64,
    },
    /// The invitation went to another address than the account's.
    InvitationNotYours,
    /// The path exists, the method does not.
    MethodNotAllowed {
        /// The methods that do, for the `Allow` field.
        allow: String,
    },
    /// The account adds nothing until its suspension ends.
    AccountSuspended,
    /// Nothing, or nothing any more, can be appealed.
    AppealImpossible {
        /// Why.
        detail: String,
    },
    /// An operator would decide about what they have decided before.
    FirstDecider,
    /// This host does not answer that.
    WrongHost,
    /// The database was set back to an earlier time, and what it has forgotten is being replayed.
    Restoring {
        /// Seconds to wait.
        retry_after_s: i64,
    },
    /// Too much to do at the moment.
    Busy {
        /// Seconds to wait.
        retry_after_s: u32,
    },
}

/// Something of ours that did not work.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{attempted}: {cause}")]
pub struct Fault {
    /// What was being attempted, and for which id.
    pub attempted: String,
    /// What went wrong.
    pub cause: Cause,
}

/// What went wrong on our side.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// The database.
    #[error(transparent)]
    Sql(#[from] SqlFailure),
    /// The object storage.
    #[error(transparent)]
    Blobs(#[from] BlobFailure),
    /// Randomness.
    #[error(transparent)]
    Rng(#[from] RngFailure),
    /// Hashing.
    #[error(transparent)]
    Digest(#[from] DigestFailure),
    /// The way out.
    #[error(transparent)]
    Outbound(#[from] OutboundFailure),
    /// Lists that others keep.
    #[error(transparent)]
    HashLists(#[from] HashListFailure),
    /// The classifier outside.
    #[error(transparent)]
    Outside(#[from] OutsideFailure),
    /// Whoever tells persons from programs.
    #[error(transparent)]
    Challenge(#[from] ChallengeFailure),
    /// The queue.
    #[error(transparent)]
    Queue(#[from] QueueFailure),
    /// The payment processor.
    #[error(transparent)]
    Billing(#[from] BillingFailure),
    /// Whoever delivers letters.
    #[error(transparent)]
    Mail(#[from] MailFailure),
    /// The cache near the visitors.
    #[error(transparent)]
    EdgeCache(#[from] EdgeCacheFailure),
    /// Our own files.
    #[error(transparent)]
    Assets(#[from] AssetFailure),
    /// Vision did not answer.
    #[error("vision: {0}")]
    Vision(String),
    /// Something that cannot be, was.
    #[error("invariant: {0}")]
    Invariant(String),
}

impl Cause {
    /// Whether asking again soon may help: a dependency was down, rather than our code wrong.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        !matches!(self, Self::Invariant(_))
    }
}

/// Either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The caller's.
    Problem(Problem),
    /// Ours.
    Fault(Fault),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Says what was attempted when a port fails.
pub trait Attempt<T> {
    /// Turns the failure into a [`Fault`] that names the attempt.
    ///
    /// # Errors
    /// The fault.
    fn attempt(self, attempted: &str) -> Result<T, Fault>;
}

impl<T, E: Into<Cause>> Attempt<T> for Result<T, E> {
    fn attempt(self, attempted: &str) -> Result<T, Fault> {
        self.map_err(|cause| Fault { attempted: attempted.to_owned(), cause: cause.into() })
    }
}
