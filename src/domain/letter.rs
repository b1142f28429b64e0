//! Letters: all mail that the product sends, each kind with the facts that it tells.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::email::EmailAddress;
use super::ids::AccountId;
use super::time::Timestamp;

/// An address of ours that a letter leads to. Most carry a secret, so `Debug` does not tell it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Link(Url);

impl Link {
    /// A web address; `None` for any other kind, which nobody should be led to by a letter.
    #[must_use]
    pub fn new(url: Url) -> Option<Self> {
        (matches!(url.scheme(), "https" | "http") && url.has_host()).then_some(Self(url))
    }

    /// As it is written in a letter: ASCII, without spaces, quotes or angle brackets (WHATWG URL).
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Link(…)")
    }
}

impl From<Link> for String {
    fn from(link: Link) -> Self {
        link.0.into()
    }
}

impl TryFrom<String> for Link {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Url::parse(&text).ok().and_then(Self::new).ok_or("not a web address")
    }
}

/// Who sends a letter (promise IMP-08): two services, so that what nobody asked for can never spoil, or hide behind, what
/// somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sender {
    /// What an account needs: no consent is asked for it.
    Transactional,
    /// What is new: only to whom the latest entry of the ledger allows it.
    Product,
}

/// A letter. `Debug` tells its kind only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Letter {
    /// Proves that an address is the person's who signed up with it.
    VerifyEmail {
        /// What proves it.
        link: Link,
        /// Until when it does.
        expires_at: Timestamp,
    },
    /// Somebody signed up with an address that has an account: only its owner learns of that.
    AlreadyRegistered {
        /// Where to sign in.
        sign_in_link: Link,
        /// Where to ask for a new password.
        reset_link: Link,
    },
    /// Somebody who says to be the owner forgot the password.
    ResetPassword {
        /// Where to choose a new one.
        link: Link,
        /// Until when.
        expires_at: Timestamp,
    },
    /// The password is another one now.
    PasswordChanged {
        /// Since when.
        changed_at: Timestamp,
        /// Where to choose another, if it was not the owner.
        reset_link: Link,
    },
    /// To the new address: proves that it is the person's.
    EmailChangeRequested {
        /// What proves it.
        link: Link,
        /// Until when it does.
        expires_at: Timestamp,
    },
    /// To the old address: letters go elsewhere now.
    EmailChanged {
        /// Since when.
        changed_at: Timestamp,
        /// What takes the change back, if it was not the owner.
        link: Link,
        /// Until when it does.
        expires_at: Timestamp,
    },
    /// Sealed under the key of the account that invites.
    TeamInvitation {
        /// The team, as its members call it.
        team_name: String,
        /// Who invites, as they call themselves.
        inviter_name: String,
        /// Where to accept.
        link: Link,
        /// Until when.
        expires_at: Timestamp,
    },
    /// Somebody is in a team no more.
    TeamMemberRemoved {
        /// The team, as its members call it.
        team_name: String,
        /// Since when.
        removed_at: Timestamp,
    },
    /// A team is somebody's now, who was a member.
    TeamReceived {
        /// The team, as its members call it.
        team_name: String,
        /// Whose it was, as they call themselves.
        former_name: String,
        /// Where it is.
        link: Link,
    },
    /// A team is somebody's no more: told to whoever passed it on, who may not have been it.
    TeamPassedOn {
        /// The team, as its members call it.
        team_name: String,
        /// Whose it is, as they call themselves.
        heir_name: String,
        /// Since when.
        passed_on_at: Timestamp,
        /// Where to choose another password, if it was not the owner.
        reset_link: Link,
    },
    /// An account is to be erased (promise IMP-37).
    AccountDeletionRequested {
        /// What keeps it after all.
        undo_link: Link,
        /// From when on nothing does.
        erased_after: Timestamp,
        /// Where it says what was erased, once it is.
        receipt_link: Link,
    },
    /// The copy of all that is kept of an account, or of a team for its owner, is there (promise IMP-50).
    ExportReady {
        /// Where it can be downloaded, by whoever signs in.
        link: Link,
        /// Until when.
        expires_at: Timestamp,
        /// Of which team; none: of the account.
        #[serde(default)]
        team_name: Option<String>,
    },
    /// The policy changes, for whom it affects (promise IMP-55).
    PolicyChanged {
        /// What changes, in sentences.
        changes: Vec<String>,
        /// From when on, in words.
        effective: String,
        /// Where the policy is.
        link: Link,
        /// Where whoever does not want that takes everything with them.
        export_link: Link,
    },
    /// To operators: the audit has found promises that are not kept.
    PromisesBroken {
        /// Which, how often and by how much.
        findings: Vec<String>,
        /// Where everything that was found is.
        link: Link,
    },
    /// To operators: something is to be reported to an authority (promise IMP-24). It says of nothing what it is.
    ReportsDue {
        /// How many.
        count: usize,
        /// By when the first is.
        due_at: Timestamp,
        /// Where they are.
        link: Link,
    },
    /// To operators: something happens more often than usual (promise SHO-05).
    AnomaliesSeen {
        /// What, how often, and why that is unusual.
        findings: Vec<String>,
        /// Where what comes and goes is counted.
        link: Link,
    },
    /// To operators: requests about data are to be answered (promise IMP-56).
    SubjectRequestsDue {
        /// Which, and by when.
        requests: Vec<String>,
        /// Where they are.
        link: Link,
    },
    /// To whoever reports something: that it came, and what the law still asks for.
    NoticeReceived {
        /// What is missing, in words; none: nothing.
        missing: Vec<String>,
        /// By when it is decided; none: when nothing is missing any more, the clock begins.
        due_at: Option<Timestamp>,
        /// Where it says how far it is.
        link: Link,
    },
    /// To the same: what was decided.
    NoticeDecided {
        /// What, in a sentence.
        outcome: String,
        /// Why, in the operator's words.
        reason: String,
        /// Where it says so, and what can be done against it.
        link: Link,
    },
    /// To whoever claims a copyright: the uploader's answer (17 U.S.C. 512(g)(2)(B)).
    CounterNoticeForwarded {
        /// Where the picture was.
        picture: String,
        /// What the uploader says: lines of names and values.
        answer: Vec<(String, String)>,
        /// When the picture comes back.
        restored_after: Timestamp,
        /// Where to say that a court was asked.
        link: Link,
    },
    /// To the uploader: that the answer came.
    CounterNoticeReceived {
        /// Not before this the picture comes back.
        restored_after: Timestamp,
        /// Before this it does.
        restored_before: Timestamp,
        /// Where the picture was.
        link: Link,
    },
    /// To the uploader: what came of it.
    CounterNoticeSettled {
        /// What, in words.
        outcome: String,
        /// Where the picture is, or was.
        link: Link,
    },
    /// To operators: notices are to be decided.
    NoticesDue {
        /// Which, and by when.
        notices: Vec<String>,
        /// Where that is done.
        link: Link,
    },
    /// Why something is restricted (Regulation (EU) 2022/2065, Art. 17).
    StatementOfReasons {
        /// What, since when, on which facts and grounds, and what can be done, each in a sentence or more.
        reasons: Vec<String>,
        /// Where it can be read again and appealed.
        link: Link,
    },
    /// What came of an appeal.
    AppealDecided {
        /// In a sentence or two.
        outcome: String,
        /// Why.
        reason: String,
        /// Where it can be read again.
        link: Link,
    },
    /// To operators: appeals are to be decided.
    AppealsDue {
        /// Which, and by when.
        appeals: Vec<String>,
        /// Where they are.
        link: Link,
    },
    /// What is new.
    ProductUpdate {
        /// Its subject.
        subject: String,
        /// Its text.
        paragraphs: Vec<String>,
        /// Where to read more.
        link: Option<Link>,
        /// What withdraws the consent, by one POST (RFC 8058) or by looking at it and pressing a button.
        unsubscribe_link: Link,
    },
}

impl Letter {
    /// The word for its kind, in the database and in log lines.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::AlreadyRegistered { .. } => "already_registered",
            Self::ResetPassword { .. } => "reset_password",
            Self::PasswordChanged { .. } => "password_changed",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailChanged { .. } => "email_changed",
            Self::TeamInvitation { .. } => "team_invitation",
            Self::TeamMemberRemoved { .. } => "team_member_removed",
            Self::TeamReceived { .. } => "team_received",
            Self::TeamPassedOn { .. } => "team_passed_on",
            Self::AccountDeletionRequested { .. } => "account_deletion_requested",
            Self::ExportReady { .. } => "export_ready",
            Self::PolicyChanged { .. } => "policy_changed",
            Self::PromisesBroken { .. } => "promises_broken",
            Self::ReportsDue { .. } => "reports_due",
            Self::AnomaliesSeen { .. } => "anomalies_seen",
            Self::SubjectRequestsDue { .. } => "subject_requests_due",
            Self::NoticeReceived { .. } => "notice_received",
            Self::NoticeDecided { .. } => "notice_decided",
            Self::CounterNoticeForwarded { .. } => "counter_notice_forwarded",
            Self::CounterNoticeReceived { .. } => "counter_notice_received",
            Self::CounterNoticeSettled { .. } => "counter_notice_settled",
            Self::NoticesDue { .. } => "notices_due",
            Self::StatementOfReasons { .. } => "statement_of_reasons",
            Self::AppealDecided { .. } => "appeal_decided",
            Self::AppealsDue { .. } => "appeals_due",
            Self::ProductUpdate { .. } => "product_update",
        }
    }

    /// Who sends it.
    #[must_use]
    pub fn sender(&self) -> Sender {
        match self {
            Self::ProductUpdate { .. } => Sender::Product,
            _ => Sender::Transactional,
        }
    }

    /// Its subject. Names are not in it: whoever invites strangers would choose what their mailbox shows.
    #[must_use]
    pub fn subject(&self) -> &str {
        match self {
            Self::VerifyEmail { .. } => "Confirm your email address",
            Self::AlreadyRegistered { .. } => "You already have an account",
            Self::ResetPassword { .. } => "Choose a new password",
            Self::PasswordChanged { .. } => "Your password was changed",
            Self::EmailChangeRequested { .. } => "Confirm your new email address",
            Self::EmailChanged { .. } => "Your email address was changed",
            Self::TeamInvitation { .. } => "You are invited to a team",
            Self::TeamMemberRemoved { .. } => "You are in a team no more",
            Self::TeamReceived { .. } => "A team is yours now",
            Self::TeamPassedOn { .. } => "You have passed a team on",
            Self::AccountDeletionRequested { .. } => "Your account is going to be deleted",
            Self::ExportReady { .. } => "Your copy is ready",
            Self::PolicyChanged { .. } => "The policy changes",
            Self::PromisesBroken { .. } => "A promise is not kept",
            Self::ReportsDue { .. } => "Something is to be reported",
            Self::AnomaliesSeen { .. } => "Something happens more often than usual",
            Self::SubjectRequestsDue { .. } => "Requests about data are to be answered",
            Self::NoticeReceived { missing, .. } if !missing.is_empty() => "Your report needs something more",
            Self::NoticeReceived { .. } => "Your report has arrived",
            Self::NoticeDecided { .. } => "Your report was decided",
            Self::CounterNoticeForwarded { .. } => "Your claim of copyright was answered",
            Self::CounterNoticeReceived { .. } => "Your counter-notice has arrived",
            Self::CounterNoticeSettled { .. } => "What came of your counter-notice",
            Self::NoticesDue { .. } => "Reports are to be decided",
            Self::StatementOfReasons { .. } => "Why something of yours is restricted",
            Self::AppealDecided { .. } => "Your appeal is decided",
            Self::AppealsDue { .. } => "Appeals are to be decided",
            Self::ProductUpdate { subject, .. } => subject,
        }
    }

    /// Fields that go with it, by name and value.
    #[must_use]
    pub fn fields(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::ProductUpdate { unsubscribe_link, .. } => vec![
                // RFC 2369 §3.2 and RFC 8058 §3.1: mail programs offer a button, and need not show the page.
                ("List-Unsubscribe", format!("<{unsubscribe_link}>")),
                ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
            ],
            // RFC 3834 §5: nobody's absence is to be told to us.
            _ => vec![("Auto-Submitted", "auto-generated".to_owned())],
        }
    }
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({})", self.kind())
    }
}

/// A letter as people read it.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Rendered {
    /// One line.
    pub subject: String,
    /// For who reads text.
    pub text: String,
    /// For who reads HTML; complete, and without anything to be fetched.
    pub html: String,
}

/// A letter on its way to who delivers it.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingLetter {
    /// Whose letter it is.
    pub account_id: AccountId,
    /// Where it goes.
    pub to: EmailAddress,
    /// When it was written.
    pub written_at: Timestamp,
    /// [`Letter::kind`].
    pub kind: &'static str,
    /// What it says.
    pub content: Rendered,
    /// [`Letter::fields`].
    pub fields: Vec<(&'static str, String)>,
}

/// Why a letter was not delivered, in words that say nothing of its reader.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailFailure {
    /// Perhaps it will be, later: the other side is away or busy, or does not take letters of ours at the moment.
    #[error("mail: {0}")]
    Passing(String),
    /// It never will: there is something wrong with the letter.
    #[error("mail refused: {0}")]
    Refused(String),
}

/// A name of an error out of an answer, if it looks like one: messages quote addresses, names do not.
pub(super) fn error_name(text: &str) -> String {
    let is_part = |c: &char| c.is_ascii_alphanumeric() || *c == '_' || *c == '.';
    text.chars().take_while(is_part).take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_leads_to_web_addresses_only_and_tells_no_log_where() {
        let link = |text: &str| Link::try_from(text.to_owned());
        for wrong in ["javascript:alert(1)", "mailto:ada@example.org", "tintype.example", "/verify", "data:text/html,a"]
        {
            assert!(link(wrong).is_err(), "{wrong}");
        }
        let right = link("https://tintype.example/verify?t=\">\n<b>").expect("an address");
        assert!(!right.as_str().contains(['"', '<', '>', '\n', ' ']), "{right}");
        let letter = Letter::VerifyEmail { link: right, expires_at: Timestamp(0) };
        assert_eq!(format!("{letter:?}"), "Letter(verify_email)");
        let read: Letter = serde_json::from_str(&serde_json::to_string(&letter).expect("writes")).expect("reads");
        assert!(read == letter);
    }

    #[test]
    fn the_word_for_a_kind_is_the_same_in_the_database_and_in_what_is_sealed() {
        let link = Link::try_from("https://tintype.example/".to_owned()).expect("an address");
        let update = Letter::ProductUpdate {
            subject: "News".into(),
            paragraphs: Vec::new(),
            link: None,
            unsubscribe_link: link.clone(),
        };
        let changed = Letter::EmailChanged { changed_at: Timestamp(0), link, expires_at: Timestamp(0) };
        for letter in [&update, &changed] {
            assert_eq!(serde_json::to_value(letter).expect("writes")["kind"], letter.kind());
        }
        assert_eq!((update.sender(), changed.sender()), (Sender::Product, Sender::Transactional));
    }

    #[test]
    fn of_an_error_only_the_name_is_repeated() {
        assert_eq!(error_name("MessageRejected: ada@example.org is not verified"), "MessageRejected");
        assert_eq!(error_name("<html>"), "");
    }
}
