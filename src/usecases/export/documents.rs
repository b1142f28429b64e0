//! What an export says, beside the images themselves: JSON after docs/export.schema.json, with RFC 3339 dates, and a text for people.

use serde::Serialize;
use serde_json::Value as Json;

use super::restrictions::{AppealEntry, StatementEntry, StrikeEntry};
use crate::domain::account::AccountTier;
use crate::domain::consent::{Act, Purpose};
use crate::domain::decision::DecidedBy;
use crate::domain::ids::{ExportId, ImageId};
use crate::domain::image::State;
use crate::domain::retention::Surface;
use crate::domain::time::Timestamp;
use crate::domain::verdict::Verdict;
use crate::store::exported::{ExportedDecision, ExportedLetter, ExportedRequest, ExportedRow};

/// Where the schema of all that follows is published.
pub const SCHEMA_PATH: &str = "/export.schema.json";
/// The schema itself.
pub const SCHEMA: &str = include_str!("../../../docs/export.schema.json");

/// Everything that is kept of an account but its images.
#[derive(Debug, Serialize)]
pub(super) struct AccountDocument {
    #[serde(rename = "$schema")]
    pub(super) schema: String,
    pub(super) exported_at: String,
    pub(super) account: AccountEntry,
    pub(super) storage: StorageEntry,
    pub(super) consents: Vec<ConsentEntry>,
    pub(super) sign_ins: Vec<SignInEntry>,
    pub(super) authenticator_app: Option<AppEntry>,
    pub(super) passkeys: Vec<PasskeyEntry>,
    pub(super) recovery_codes_left: u32,
    pub(super) api_keys: Vec<ApiKeyEntry>,
    pub(super) upload_tickets: Vec<TicketEntry>,
    pub(super) collections: Vec<CollectionEntry>,
    pub(super) teams: Vec<TeamEntry>,
    pub(super) statements: Vec<StatementEntry>,
    pub(super) appeals: Vec<AppealEntry>,
    pub(super) strikes: Vec<StrikeEntry>,
    pub(super) letters: Vec<LetterEntry>,
    pub(super) api_requests: Vec<RequestEntry>,
}

/// Everything that is kept of a team but its images and who its members are.
#[derive(Debug, Serialize)]
pub(super) struct TeamDocument {
    #[serde(rename = "$schema")]
    pub(super) schema: String,
    pub(super) exported_at: String,
    pub(super) team: TeamDetails,
    pub(super) members: Vec<MemberEntry>,
    pub(super) storage: StorageEntry,
    pub(super) upload_tickets: Vec<TicketEntry>,
    pub(super) collections: Vec<CollectionEntry>,
    pub(super) statements: Vec<StatementEntry>,
    pub(super) appeals: Vec<AppealEntry>,
}

#[derive(Debug, Serialize)]
pub(super) struct TeamDetails {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) created_at: String,
}

/// A member, nameless.
#[derive(Debug, Serialize)]
pub(super) struct MemberEntry {
    pub(super) role: &'static str,
    pub(super) joined_at: String,
}

#[derive(Debug, Serialize)]
pub(super) struct AccountEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) email_verified_at: Option<String>,
    pub(super) country: Option<String>,
    pub(super) tier: AccountTier,
    pub(super) is_operator: bool,
    pub(super) created_at: String,
    pub(super) declared_age_at: String,
    pub(super) billing_customer: Option<String>,
    pub(super) restricted_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct StorageEntry {
    pub(super) images: u64,
    pub(super) bytes: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct ConsentEntry {
    pub(super) purpose: Purpose,
    pub(super) act: Act,
    pub(super) recorded_at: String,
    pub(super) country: Option<String>,
    pub(super) text_version: String,
    pub(super) text_sha256: String,
    pub(super) surface: String,
    pub(super) gpc: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct SignInEntry {
    pub(super) created_at: String,
    pub(super) used_at: String,
    pub(super) expires_at: String,
    pub(super) ip_address: Option<String>,
    pub(super) user_agent: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AppEntry {
    pub(super) created_at: String,
    pub(super) last_used_day: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct PasskeyEntry {
    pub(super) name: String,
    pub(super) created_at: String,
    pub(super) last_used_day: Option<String>,
    pub(super) backed_up: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct ApiKeyEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) scopes: String,
    pub(super) collection: Option<String>,
    pub(super) ed25519_public: Option<String>,
    pub(super) created_at: String,
    pub(super) expires_at: Option<String>,
    pub(super) last_used_day: Option<String>,
    pub(super) revoked_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct TicketEntry {
    pub(super) id: String,
    pub(super) collection: Option<String>,
    pub(super) uses: i64,
    pub(super) uses_max: i64,
    pub(super) created_at: String,
    pub(super) expires_at: String,
    pub(super) revoked_at: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct CollectionEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) images: u64,
    pub(super) created_at: String,
}

#[derive(Debug, Serialize)]
pub(super) struct TeamEntry {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) joined_at: String,
}

#[derive(Debug, Serialize)]
pub(super) struct LetterEntry {
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) created_at: String,
}

#[derive(Debug, Serialize)]
pub(super) struct RequestEntry {
    pub(super) at: String,
    pub(super) api_key: String,
    pub(super) method: String,
    pub(super) endpoint: String,
    pub(super) status: i64,
    pub(super) problem: Option<String>,
    pub(super) client: Option<String>,
}

impl From<ExportedRequest> for RequestEntry {
    fn from(request: ExportedRequest) -> Self {
        Self {
            at: request.at.rfc3339(),
            api_key: request.key_id,
            method: request.method,
            endpoint: request.endpoint,
            status: request.status,
            problem: request.problem,
            client: request.client,
        }
    }
}

impl From<ExportedLetter> for LetterEntry {
    fn from(letter: ExportedLetter) -> Self {
        Self { kind: letter.kind, state: letter.state, created_at: letter.created_at.rfc3339() }
    }
}

/// The images of one file.
#[derive(Debug, Serialize)]
pub(super) struct ImagesDocument {
    #[serde(rename = "$schema")]
    pub(super) schema: String,
    pub(super) images: Vec<ImageEntry>,
}

/// An image, with what was said and concluded about it.
#[derive(Debug, Serialize)]
pub(super) struct ImageEntry {
    pub(super) id: ImageId,
    /// Its file here; null: its bytes are not in the export.
    pub(super) file: Option<String>,
    /// Why they are not.
    pub(super) left_out: Option<&'static str>,
    pub(super) state: State,
    pub(super) surface: Surface,
    pub(super) created_at: String,
    pub(super) expires_at: Option<String>,
    pub(super) retention_class: String,
    pub(super) retention_reason: String,
    pub(super) removed_at: Option<String>,
    pub(super) removal_reason: Option<&'static str>,
    pub(super) erased_after: Option<String>,
    pub(super) public: bool,
    pub(super) collection: Option<String>,
    pub(super) sha256: Option<String>,
    pub(super) facts: Json,
    pub(super) details: Json,
    pub(super) verdict: Verdict,
    pub(super) policy_version: i64,
    pub(super) decisions: Vec<DecisionEntry>,
}

impl ImageEntry {
    /// The entry of a row: what became of its file is for others to say.
    pub(super) fn of(row: &ExportedRow, decisions: Vec<DecisionEntry>) -> Self {
        Self {
            id: row.id.clone(),
            file: None,
            left_out: None,
            state: row.state,
            surface: row.surface,
            created_at: row.created_at.rfc3339(),
            expires_at: told(row.expires_at),
            retention_class: row.retention_class.clone(),
            retention_reason: row.retention_reason.clone(),
            removed_at: told(row.removing_at),
            removal_reason: row.removal_reason.map(|reason| reason.as_str()),
            erased_after: told(row.erase_after),
            public: row.state == State::Live && !row.is_private(),
            collection: row.collection_id.as_ref().map(ToString::to_string),
            sha256: row.sha256.clone(),
            facts: row.facts(),
            details: row.details(),
            verdict: row.verdict,
            policy_version: row.policy_version,
            decisions,
        }
    }
}

/// A conclusion about an image's content.
#[derive(Debug, Serialize)]
pub(super) struct DecisionEntry {
    pub(super) decided_at: String,
    pub(super) decided_by: &'static str,
    pub(super) verdict: Verdict,
    pub(super) policy_version: i64,
    pub(super) model: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) scores: Json,
}

impl From<ExportedDecision> for DecisionEntry {
    fn from(decision: ExportedDecision) -> Self {
        // Which list an image is on would tell what to look for, or what to avoid.
        let is_listed = decision.decided_by == DecidedBy::KnownBad;
        Self {
            decided_at: decision.decided_at.rfc3339(),
            decided_by: decision.decided_by.as_str(),
            verdict: decision.verdict,
            policy_version: decision.policy_version,
            scores: if is_listed { Json::Null } else { decision.scores() },
            reason: (!is_listed).then_some(decision.reason),
            model: decision.model_id,
        }
    }
}

/// What is in one file of an export.
#[derive(Debug, Serialize)]
pub(super) struct Manifest {
    #[serde(rename = "$schema")]
    pub(super) schema: String,
    pub(super) export: ExportId,
    /// 0: what is known of the account or the team; from 1 on: images.
    pub(super) number: u64,
    pub(super) made_at: String,
    /// Whether no other file comes after it.
    pub(super) is_last: bool,
    pub(super) files: Vec<ManifestEntry>,
}

/// A file in a file.
#[derive(Debug, Serialize)]
pub(super) struct ManifestEntry {
    pub(super) name: String,
    pub(super) bytes: u64,
    pub(super) sha256: String,
}

/// A date as it is written.
pub(super) fn told(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::rfc3339)
}

/// What a person reads who opens the file of the account.
pub(super) const READ_ME: &str = "\
This is a copy of what Tintype keeps of your account.

account.json   your name and address, what you allowed, where you are signed in, your keys (without what they open),
               collections, teams, which letters we wrote to you, and what your
               programs asked
manifest.json  the files here, with their SHA-256 digests
export.schema.json  what the fields mean

Your pictures are in files of their own, each with images.json: what you said about them, and what was concluded
about their content, when, by whom and on what grounds.

Not in it: passwords and secrets, of which we have only hashes; pictures that belong to a team, of which its owner makes
a copy on the team's page; and pictures that are held back or prohibited, which are only described.
";

/// What a person reads who opens the first file of a team.
pub(super) const READ_ME_OF_TEAM: &str = "\
This is a copy of what Tintype keeps of a team of yours.

team.json      its name, its collections and upload tickets, what was restricted and why, and how many members it has,
               in which roles
manifest.json  the files here, with their SHA-256 digests
export.schema.json  what the fields mean

The team's pictures are in files of their own, each with images.json: what was said about them, and what was concluded
about their content, when, by whom and on what grounds.

Not in it: who the other members are, and who was invited, which is theirs to take away; and pictures that are held back
or prohibited, which are only described.
";
