//! The database port on D1.

use async_trait::async_trait;
use wasm_bindgen::JsValue;
use worker::D1Database;
use worker::send::SendFuture;

use crate::ports::sql::{Row, Sql, SqlFailure, Statement, Value};

/// D1.
pub struct D1Sql(pub D1Database);

#[async_trait]
impl Sql for D1Sql {
    async fn batch(&self, statements: Vec<Statement>) -> Result<Vec<Vec<Row>>, SqlFailure> {
        SendFuture::new(async {
            let bound: Result<Vec<_>, _> = statements
                .into_iter()
                .map(|statement| {
                    let params: Vec<JsValue> = statement.params.into_iter().map(to_js).collect();
                    self.0.prepare(statement.sql).bind(&params)
                })
                .collect();
            let results = self.0.batch(bound.map_err(failure)?).await.map_err(failure)?;
            results.into_iter().map(|result| result.results::<Row>().map(whole_numbers).map_err(failure)).collect()
        })
        .await
    }
}

#[allow(clippy::cast_precision_loss, reason = "the port promises at most 53 bits")]
fn to_js(value: Value) -> JsValue {
    match value {
        Value::Null => JsValue::NULL,
        Value::Integer(number) => JsValue::from_f64(number as f64),
        Value::Text(text) => JsValue::from_str(&text),
    }
}

/// JavaScript has one kind of number; a whole one is an integer again here.
fn whole_numbers(mut rows: Vec<Row>) -> Vec<Row> {
    for value in rows.iter_mut().flat_map(|row| row.values_mut()) {
        let whole = value.as_f64().filter(|_| value.is_f64()).filter(|number| number.fract() == 0.0);
        if let Some(number) = whole {
            #[allow(clippy::cast_possible_truncation, reason = "the port promises at most 53 bits")]
            let number = number as i64;
            *value = number.into();
        }
    }
    rows
}

fn failure(error: worker::Error) -> SqlFailure {
    let text = error.to_string();
    if text.contains("UNIQUE constraint failed") {
        SqlFailure::Conflict(text)
    } else if text.contains("SQLITE_CONSTRAINT") {
        SqlFailure::Refused(text)
    } else {
        SqlFailure::Failed(text)
    }
}
