//! Makes accounts. Whether an address has one already, only its owner learns, by letter (OWASP Authentication cheat
//! sheet): the answer is the same, and so is the work that takes longest.

use std::net::IpAddr;

use super::count_attempts::{count_from, may};
use super::mail_link::{Destination, Occasion, mail_link};
use super::{hash_password, personal_keys, record_consents, write_letter};
use crate::app::App;
use crate::domain::account::{Account, AccountTier};
use crate::domain::consent::Purpose;
use crate::domain::country::Country;
use crate::domain::email::{EmailAddress, PersonName};
use crate::domain::ids::{AccountId, ID_BYTES};
use crate::domain::letter::Letter;
use crate::error::{Attempt as _, Error, Fault, Problem};
use crate::policy::editions::LATEST;
use crate::policy::rates;
use crate::ports::sql::SqlFailure;
use crate::store::accounts;

/// What somebody who wants an account said.
#[derive(Debug)]
pub struct SignUp {
    /// Where letters go.
    pub email: EmailAddress,
    /// What to call the person.
    pub name: PersonName,
    /// As it was typed.
    pub password: String,
    /// Where the person is, as the edge tells and the person corrected.
    pub country: Option<Country>,
    /// Whether the person declares to be 16 or older (promise IMP-09).
    pub declares_age: bool,
    /// The optional consents whose boxes were ticked (promise IMP-03).
    pub consents: Vec<Purpose>,
    /// Whether the browser sent `Sec-GPC: 1` (promise IMP-53).
    pub gpc: bool,
    /// From where; used for the rate limit's pseudonym and dropped.
    pub address: Option<IpAddr>,
}

/// Makes an account and sends the letter that proves its address; if there is one already, tells its owner instead.
///
/// # Errors
/// `InvalidField` or `TooManyAttempts`; a fault if something of ours failed. Then there is no account.
pub async fn sign_up(app: &App, wish: SignUp) -> Result<(), Error> {
    if !wish.declares_age {
        let detail = "accounts are for people of 16 years and older".to_owned();
        return Err(Problem::InvalidField { field: "age", detail }.into());
    }
    let password = hash_password::accept(&wish.password, &wish.email)?;
    count_from(app, "sign_up", wish.address, &rates::SIGN_UP_FROM).await?;
    // Before anybody looks whether there is such an account: it takes longer than all the rest.
    let password_hash = hash_password::hash(app, &password)?;
    match find(app, &wish.email).await? {
        Some(account) => tell_owner(app, &account, &wish.email).await?,
        None => make(app, wish, password_hash).await?,
    }
    Ok(())
}

/// The account of an address, under whichever key it is found.
///
/// # Errors
/// If the database fails.
pub async fn find(app: &App, email: &EmailAddress) -> Result<Option<Account>, Fault> {
    let lookups = app.settings.master_keys.lookups("email", &email.canonical());
    accounts::find_by_email(app.ports.sql.as_ref(), &lookups).await.attempt("find the account of an address")
}

async fn make(app: &App, wish: SignUp, password_hash: String) -> Result<(), Error> {
    let now = app.now();
    let mut random = [0; ID_BYTES];
    app.ports.rng.fill(&mut random).attempt("make an account id")?;
    let id = AccountId::from_random(random);
    let key = personal_keys::create(app, &id).await?;
    let account = Account {
        sealed_email: personal_keys::seal(app, &key, &Account::email_place(&id), wish.email.as_str())?,
        sealed_name: personal_keys::seal(app, &key, &Account::name_place(&id), wish.name.as_str())?,
        password_hash: Some(password_hash),
        country: wish.country.map(|country| country.code.to_owned()),
        tier: AccountTier::Free,
        is_operator: false,
        created_at: now,
        verified_at: None,
        erase_at: None,
        billing_customer: None,
        restricted_at: None,
        id: id.clone(),
    };
    let lookup = app.settings.master_keys.current.lookup("email", &wish.email.canonical());
    let mut statements = vec![accounts::insert(&account, &lookup, LATEST.number)];
    statements.extend(record_consents::at_sign_up(&account, &wish.consents, wish.gpc, now));
    let letter = mail_link(app, &id, &key, Occasion::VerifyEmail, Destination::Own(&wish.email))?;
    statements.extend(letter.statements);
    match app.ports.sql.batch(statements).await {
        Ok(_) => write_letter::post(app, &letter.id).await,
        Err(SqlFailure::Conflict(_)) => match find(app, &wish.email).await? {
            // A write that the platform repeated finds its own first try.
            Some(account) if account.id == id => write_letter::post(app, &letter.id).await,
            // Somebody was quicker with the same address. The key that is left over is found by its job.
            Some(account) => tell_owner(app, &account, &wish.email).await?,
            None => {}
        },
        Err(failure) => return Err(Fault { attempted: format!("make account {id}"), cause: failure.into() }.into()),
    }
    Ok(())
}

/// Tells the owner of an address that somebody wanted an account for it.
async fn tell_owner(app: &App, account: &Account, email: &EmailAddress) -> Result<(), Error> {
    let lookup = app.settings.master_keys.current.lookup("email", &email.canonical());
    if !may(app, "letters", &lookup, &rates::LETTERS_TO).await? {
        return Ok(());
    }
    let key = personal_keys::of(app, &account.id).await?;
    let page = |path: &str| super::mail_link::page(app, path);
    let letter = Letter::AlreadyRegistered { sign_in_link: page("/sign-in")?, reset_link: page("/reset")? };
    let written = write_letter::write(app, &account.id, &key, email, letter)?;
    app.ports.sql.batch(vec![written.statement]).await.attempt("write a letter to an owner")?;
    write_letter::post(app, &written.id).await;
    Ok(())
}
