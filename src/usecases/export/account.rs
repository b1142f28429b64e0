//! What is known of an account, for the first file of an export.

use super::documents::{
    AccountDocument, AccountEntry, ApiKeyEntry, AppEntry, ConsentEntry, PasskeyEntry, SignInEntry, TeamEntry, told,
};
use super::{belongings, restrictions, schema_url};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Fault};
use crate::policy::exports::{LETTERS_MAX, REQUESTS_MAX};
use crate::store::exported;
use crate::usecases::list_api_keys::list_api_keys;
use crate::usecases::list_teams::list_teams;
use crate::usecases::second_factor::{Factors, factors_of};
use crate::usecases::{open_session, personal_keys, profile, record_consents};

/// Reads all of it.
pub(super) async fn describe(app: &App, id: &AccountId, now: Timestamp) -> Result<AccountDocument, Error> {
    let profile = profile::open(app, id).await?;
    let Factors { totp, passkeys, codes_left } = factors_of(app, id).await?;
    let letters = exported::letters(app.ports.sql.as_ref(), id, LETTERS_MAX).await;
    let mut letters = letters.attempt(&format!("list letters to {id}"))?;
    letters.sort_by_key(|letter| letter.created_at);
    let requests = exported::requests(app.ports.sql.as_ref(), id, REQUESTS_MAX).await;
    let requests = requests.attempt(&format!("list requests of {id}"))?;
    let account = profile.account;
    let owner = Member { account_id: id.clone(), tier: account.tier, is_verified: account.verified_at.is_some() };
    Ok(AccountDocument {
        schema: schema_url(app),
        exported_at: now.rfc3339(),
        storage: belongings::storage(app, id).await?,
        consents: consents(app, id).await?,
        sign_ins: sign_ins(app, id).await?,
        authenticator_app: totp.map(|(since, last_used_day)| AppEntry { created_at: since.rfc3339(), last_used_day }),
        passkeys: passkeys
            .into_iter()
            .map(|passkey| PasskeyEntry {
                name: passkey.name,
                created_at: passkey.created_at.rfc3339(),
                last_used_day: passkey.last_used_day,
                backed_up: passkey.is_backed_up,
            })
            .collect(),
        recovery_codes_left: codes_left,
        api_keys: api_keys(app, id).await?,
        upload_tickets: belongings::tickets(app, &owner).await?,
        collections: belongings::collections(app, id).await?,
        teams: teams(app, id).await?,
        statements: restrictions::statements(app, id).await?,
        appeals: restrictions::appeals(app, id).await?,
        strikes: restrictions::strikes(app, id).await?,
        letters: letters.into_iter().map(Into::into).collect(),
        api_requests: requests.into_iter().map(Into::into).collect(),
        account: AccountEntry {
            id: account.id.to_string(),
            name: profile.name,
            email: profile.email,
            email_verified_at: told(account.verified_at),
            country: account.country,
            tier: account.tier,
            is_operator: account.is_operator,
            created_at: account.created_at.rfc3339(),
            // It is declared at sign-up, and nowhere else.
            declared_age_at: account.created_at.rfc3339(),
            billing_customer: account.billing_customer,
            restricted_at: told(account.restricted_at),
        },
    })
}

async fn consents(app: &App, id: &AccountId) -> Result<Vec<ConsentEntry>, Fault> {
    let history = record_consents::history(app, id).await?;
    let entries = history.into_iter().map(|record| ConsentEntry {
        purpose: record.purpose,
        act: record.act,
        recorded_at: record.recorded_at.rfc3339(),
        country: record.country,
        text_version: record.text_version,
        text_sha256: record.text_sha256,
        surface: record.surface,
        gpc: record.gpc,
    });
    Ok(entries.collect())
}

async fn sign_ins(app: &App, id: &AccountId) -> Result<Vec<SignInEntry>, Fault> {
    let entries = open_session::list(app, id).await?.into_iter().map(|session| SignInEntry {
        created_at: session.created_at.rfc3339(),
        used_at: session.used_at.rfc3339(),
        expires_at: session.expires_at.rfc3339(),
        ip_address: session.address,
        user_agent: session.user_agent,
    });
    Ok(entries.collect())
}

async fn api_keys(app: &App, id: &AccountId) -> Result<Vec<ApiKeyEntry>, Fault> {
    let personal = personal_keys::of(app, id).await?;
    let entries = list_api_keys(app, id, &personal).await?.into_iter().map(|named| ApiKeyEntry {
        id: named.key.id.to_string(),
        name: named.name,
        scopes: named.key.scopes.to_string(),
        collection: named.key.collection_id.as_ref().map(ToString::to_string),
        ed25519_public: named.key.ed25519_public,
        created_at: named.key.created_at.rfc3339(),
        expires_at: told(named.key.expires_at),
        last_used_day: named.key.last_used_day,
        revoked_at: told(named.key.revoked_at),
    });
    Ok(entries.collect())
}

async fn teams(app: &App, id: &AccountId) -> Result<Vec<TeamEntry>, Fault> {
    let entries = list_teams(app, id).await?.into_iter().map(|team| TeamEntry {
        id: team.id.to_string(),
        name: team.name,
        role: team.role.as_str(),
        joined_at: team.joined_at.rfc3339(),
    });
    Ok(entries.collect())
}
