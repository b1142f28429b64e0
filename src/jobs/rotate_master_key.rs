//! While there is a previous master key, moves what it made under the current one, by walking the personal keys: again and
//! again, until a whole walk has found nothing left to move. `npm run master-key -- status` reads how far it has come.

use async_trait::async_trait;

use super::Work;
use super::room::Room;
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Fault};
use crate::ports::blobs::{BlobKey, Bucket, PERSONAL_KEYS_PREFIX};
use crate::store::job_cursors;
use crate::store::leases::Lease;
use crate::usecases::remove::log_fault;
use crate::usecases::rotate_master_key::{marks, move_account};

/// Accounts looked at in one run: each costs a reading and, if it is moved, a write of each kind. 50,000 in a day.
const ACCOUNTS_MAX: u32 = 40;
/// The cursor's name; `scripts/master-key.mjs` reads it.
const SCAN: &str = "master_key";

pub(super) struct RotateMasterKey;

/// How far the walk has come: under which master key, whether it met anything to move, and where it goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Walk {
    /// All is under this master key.
    Clean(String),
    /// Under way.
    Underway { master: String, has_moved: bool, from: Option<String> },
}

impl Walk {
    fn start(master: &str) -> Self {
        Self::Underway { master: master.to_owned(), has_moved: false, from: None }
    }

    fn parse(text: &str, master: &str) -> Self {
        let words: Vec<&str> = text.splitn(3, ' ').collect();
        match words.as_slice() {
            [known, "clean"] if *known == master => Self::Clean(master.to_owned()),
            [known, word, rest @ ..] if *known == master => Self::Underway {
                master: master.to_owned(),
                has_moved: *word == "moved",
                from: rest.first().map(|from| (*from).to_owned()),
            },
            _ => Self::start(master),
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Clean(master) => format!("{master} clean"),
            Self::Underway { master, has_moved, from } => {
                let word = if *has_moved { "moved" } else { "unmoved" };
                from.as_ref().map_or_else(|| format!("{master} {word}"), |from| format!("{master} {word} {from}"))
            }
        }
    }
}

#[async_trait]
impl Work for RotateMasterKey {
    async fn run(&self, app: &App, lease: &Lease, now: Timestamp, _room: &Room) -> Result<usize, Fault> {
        let ring = &app.settings.master_keys;
        if ring.previous.is_none() {
            return Ok(0);
        }
        let sql = app.ports.sql.as_ref();
        let position = job_cursors::find(sql, SCAN).await.attempt("find a scan's cursor")?.unwrap_or_default();
        let Walk::Underway { master, has_moved, from } = Walk::parse(&position, &ring.current.id) else { return Ok(0) };
        let page = app.ports.blobs.list(Bucket::Recovery, PERSONAL_KEYS_PREFIX, from.as_deref(), ACCOUNTS_MAX).await;
        let page = page.attempt("list keys of personal data")?;
        let accounts: Vec<AccountId> =
            page.blobs.iter().map(|blob| &blob.key).filter_map(BlobKey::account_id).collect();
        let marks = marks(app, &accounts).await?;
        let (mut moved, mut failed) = (0, 0);
        for account in &accounts {
            match move_account(app, account, &marks).await {
                Ok(is_moved) => moved += usize::from(is_moved),
                // The others need not wait for it; the walk is not clean, and comes again.
                Err(fault) => {
                    log_fault(app, &fault);
                    failed += 1;
                }
            }
        }
        let has_moved = has_moved || moved + failed > 0;
        let walk = match page.next {
            Some(from) => Walk::Underway { master, has_moved, from: Some(from) },
            None if has_moved => Walk::start(&master),
            None => Walk::Clean(master),
        };
        job_cursors::set(sql, lease, SCAN, Some(walk.text()), now).await.attempt("move a scan's cursor")?;
        Ok(moved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_reads_back_and_one_under_another_key_begins_anew() {
        for walk in [
            Walk::Clean("two".into()),
            Walk::start("two"),
            Walk::Underway { master: "two".into(), has_moved: true, from: Some("personal-keys/0 1".into()) },
            Walk::Underway { master: "two".into(), has_moved: true, from: None },
        ] {
            assert_eq!(Walk::parse(&walk.text(), "two"), walk);
            assert_eq!(Walk::parse(&walk.text(), "three"), Walk::start("three"));
        }
        assert_eq!(Walk::parse("", "two"), Walk::start("two"));
    }
}
