//! Sign-ins: opened with fresh secrets, recognised by the hash of their token, ended by whoever owns them.

use std::net::IpAddr;

use super::personal_keys;
use crate::app::App;
use crate::domain::account::{Account, AccountTier};
use crate::domain::ids::{AccountId, ID_BYTES, SessionId};
use crate::domain::session::{FormToken, SessionEnd, TOKEN_BYTES, Token, USE_NOTED_MS};
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Cause, Error, Fault, Problem};
use crate::policy::erasure::kept_until;
use crate::policy::sessions::{AWAITS_FACTOR_MS, SESSION};
use crate::store::sessions::{self, NewSession};

/// What a token is hashed as.
const SESSION_TOKEN: &str = "session";
/// Longest user agent kept, in characters: enough to recognise a browser by.
const USER_AGENT_CHARS_MAX: usize = 200;
/// Most sign-ins listed.
const LISTED_MAX: i64 = 100;

/// Where a sign-in comes from: kept with it, sealed, and only while it lasts (promise IMP-06).
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The caller's address, as the edge tells.
    pub address: Option<IpAddr>,
    /// The browser, as it says.
    pub user_agent: Option<String>,
}

/// A sign-in that has just begun.
#[derive(Debug)]
pub struct OpenSession {
    /// For the browser, now and never again.
    pub token: Token,
    /// Until when it can last at most.
    pub ends_at: Timestamp,
    /// Whether a second factor is still to come.
    pub awaits_factor: bool,
}

/// A sign-in that a request shows.
#[derive(Clone, Debug)]
pub struct SessionUse {
    /// Its name.
    pub id: SessionId,
    /// Whose.
    pub account_id: AccountId,
    /// What its account may store.
    pub tier: AccountTier,
    /// Whether the account's address is proved.
    pub is_verified: bool,
    /// Whether the account runs this deployment.
    pub is_operator: bool,
    /// The edition of the policy that they have seen.
    pub policy_seen: i64,
    /// Whether a second factor is still to come: until then it opens nothing else.
    pub awaits_factor: bool,
    /// When it began.
    pub created_at: Timestamp,
    /// What its forms carry, the current key's first.
    form_tokens: Vec<FormToken>,
}

impl SessionUse {
    /// What a form of this sign-in carries.
    #[must_use]
    pub fn form_token(&self) -> &str {
        self.form_tokens.first().map_or("", FormToken::as_str)
    }

    /// Whether a form that carries `sent` is one of this sign-in's.
    #[must_use]
    pub fn owns_form(&self, sent: &str) -> bool {
        self.form_tokens.iter().any(|token| token.matches(sent))
    }
}

/// Begins a sign-in of an account; one that still waits for a second factor opens nothing else, and not for long.
///
/// # Errors
/// `AccountLeaving`; a fault if something of ours failed, or the account went away meanwhile.
pub async fn open(app: &App, account: &Account, origin: &Origin, awaits_factor: bool) -> Result<OpenSession, Error> {
    if let Some(erase_at) = account.erase_at {
        return Err(Problem::AccountLeaving { kept_until: kept_until(erase_at) }.into());
    }
    let now = app.now();
    let attempted = format!("begin a sign-in of {}", account.id);
    let (mut name, mut secret) = ([0; ID_BYTES], [0; TOKEN_BYTES]);
    app.ports.rng.fill(&mut name).attempt(&attempted)?;
    app.ports.rng.fill(&mut secret).attempt(&attempted)?;
    let (id, token) = (SessionId::from_random(name), Token::from_random(secret));
    let key = personal_keys::of(app, &account.id).await?;
    let seal = |column: &str, text: &str| personal_keys::seal(app, &key, &place(column, &id), text);
    let sealed_ip = origin.address.map(|address| seal("ip", &address.to_string())).transpose()?;
    let short = |text: &str| text.chars().take(USER_AGENT_CHARS_MAX).collect::<String>();
    let sealed_user_agent = origin.user_agent.as_deref().map(|text| seal("user_agent", &short(text))).transpose()?;
    let end = match awaits_factor {
        false => SESSION.begin(now),
        true => SessionEnd { expires_at: now.plus_ms(AWAITS_FACTOR_MS), ends_at: now.plus_ms(AWAITS_FACTOR_MS) },
    };
    let hash = token.hash(SESSION_TOKEN);
    let session = NewSession {
        id: &id,
        account_id: &account.id,
        token_hash: &hash,
        end,
        awaits_factor,
        sealed_ip,
        sealed_user_agent,
    };
    let begun = app.ports.sql.batch(vec![sessions::insert(session, now)]).await.attempt(&attempted)?;
    if begun.iter().all(Vec::is_empty) {
        return Err(Fault { attempted, cause: Cause::Invariant("the account is gone".into()) }.into());
    }
    Ok(OpenSession { token, ends_at: end.ends_at, awaits_factor })
}

/// The sign-in that `token` opens; none if it has ended or never was. A sign-in that is used moves its end, once a day.
///
/// # Errors
/// If the database fails.
pub async fn recognise(app: &App, token: &Token) -> Result<Option<SessionUse>, Fault> {
    let now = app.now();
    let hash = token.hash(SESSION_TOKEN);
    let sql = app.ports.sql.as_ref();
    let Some(row) = sessions::find(sql, &hash).await.attempt("find a sign-in")? else { return Ok(None) };
    let end = SessionEnd { expires_at: row.expires_at, ends_at: row.ends_at };
    let Some(moved) = SESSION.used(end, now) else { return Ok(None) };
    if row.awaits_factor == 0 && now.ms_since(row.used_at) >= USE_NOTED_MS {
        sessions::note_use(sql, &row.id, now, moved.expires_at).await.attempt("note the use of a sign-in")?;
    }
    let form_token = |key: &crate::domain::sealing::MasterKey| FormToken::of(&key.for_purpose("form"), &hash);
    Ok(Some(SessionUse {
        id: row.id,
        account_id: row.account_id,
        tier: row.tier,
        is_verified: row.verified_at.is_some(),
        is_operator: row.is_operator == 1,
        policy_seen: row.policy_seen,
        awaits_factor: row.awaits_factor == 1,
        created_at: row.created_at,
        form_tokens: app.settings.master_keys.keys().map(form_token).collect(),
    }))
}

/// A sign-in as its owner sees it.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its name, to end it by.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to the day.
    pub used_at: Timestamp,
    /// When it ends, if it is not used.
    pub expires_at: Timestamp,
    /// Where from; none if the edge did not tell.
    pub address: Option<String>,
    /// With which browser, as it said.
    pub user_agent: Option<String>,
}

/// The sign-ins of an account, the latest first.
///
/// # Errors
/// If the database or the storage fails.
pub async fn list(app: &App, account: &AccountId) -> Result<Vec<Listed>, Fault> {
    let key = personal_keys::of(app, account).await?;
    let rows = sessions::list(app.ports.sql.as_ref(), account, app.now(), LISTED_MAX).await;
    let rows = rows.attempt(&format!("list the sign-ins of {account}"))?;
    let listed = rows.into_iter().map(|row| {
        let open = |column: &str, sealed: Option<String>| {
            sealed.map(|sealed| personal_keys::open(&key, &place(column, &row.id), &sealed)).transpose()
        };
        Ok(Listed {
            address: open("ip", row.ip.clone())?,
            user_agent: open("user_agent", row.user_agent.clone())?,
            id: row.id.clone(),
            created_at: row.created_at,
            used_at: row.used_at,
            expires_at: row.expires_at,
        })
    });
    listed.collect()
}

/// Ends one sign-in of an account.
///
/// # Errors
/// `NotFound` if the account has no such sign-in; a fault if the database fails.
pub async fn end(app: &App, account: &AccountId, id: &SessionId) -> Result<(), Error> {
    let ended =
        app.ports.sql.batch(vec![sessions::end(id, account)]).await.attempt(&format!("end a sign-in of {account}"))?;
    if ended.iter().all(Vec::is_empty) { Err(Problem::NotFound.into()) } else { Ok(()) }
}

/// Ends all sign-ins of an account, but for one if it is named.
///
/// # Errors
/// If the database fails.
pub async fn end_all(app: &App, account: &AccountId, except: Option<&SessionId>) -> Result<(), Fault> {
    let statements = vec![sessions::end_all(account, except)];
    app.ports.sql.batch(statements).await.attempt(&format!("end the sign-ins of {account}")).map(drop)
}

fn place(column: &str, id: &SessionId) -> String {
    format!("sessions.{column}:{id}")
}
