//! Letters to whoever runs this deployment.

use super::remove::log_fault;
use super::team_letters::{Reader, reader};
use super::write_letter::{self, Written};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::letter::Letter;
use crate::error::{Attempt as _, Fault};
use crate::ports::sql::Statement;
use crate::store::accounts;

/// Operators who are told.
const OPERATORS_MAX: i64 = 20;

/// Writes a letter to every operator, in one batch with `statements`, which say that it is written.
///
/// # Errors
/// If something of ours failed, also if no operator could be written to though there are some: then nothing is written down.
pub async fn tell_operators(app: &App, letter: &Letter, mut statements: Vec<Statement>) -> Result<(), Fault> {
    let (sql, mut letters, mut last_fault) = (app.ports.sql.as_ref(), Vec::new(), None);
    for operator in accounts::operators(sql, OPERATORS_MAX).await.attempt("find operators")? {
        match write(app, &operator, letter).await {
            Ok(written) => {
                let (id, statement) = written.map(|written| (written.id, written.statement)).unzip();
                statements.extend(statement);
                letters.extend(id);
            }
            // What is broken may be this operator's own account; the others are told.
            Err(fault) => {
                log_fault(app, &fault);
                last_fault = Some(fault);
            }
        }
    }
    if let (true, Some(fault)) = (letters.is_empty(), last_fault) {
        return Err(fault);
    }
    sql.batch(statements).await.attempt(&format!("tell operators ({})", letter.kind()))?;
    for letter in &letters {
        write_letter::post(app, letter).await;
    }
    Ok(())
}

/// The letter to an operator; none if their account, or its key, is gone.
async fn write(app: &App, operator: &AccountId, letter: &Letter) -> Result<Option<Written>, Fault> {
    let Some(Reader { key, address, .. }) = reader(app, operator).await? else { return Ok(None) };
    write_letter::write(app, operator, &key, &address, letter.clone()).map(Some)
}
