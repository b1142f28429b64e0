//! The `orders` table: what authorities have ordered to be preserved. Rows leave with their image's row.

use super::run;
use crate::domain::authority::Order;
use crate::domain::ids::{ImageId, OrderId};
use crate::domain::time::Timestamp;
use crate::ports::sql::{Sql, SqlFailure, Statement, read_row};

const PLACE: &str = "
    INSERT INTO orders (id, image_id, reference, placed_at, until)
    SELECT ?1, id, ?3, ?4, ?5 FROM images WHERE id = ?2 AND state <> 'gone'
    ON CONFLICT (id) DO NOTHING";

const LIFT: &str = "UPDATE orders SET lifted_at = ?3 WHERE id = ?1 AND image_id = ?2 AND lifted_at IS NULL";

const OF_IMAGE: &str = "
    SELECT id, image_id, reference, placed_at, until, lifted_at FROM orders WHERE image_id = ?1 ORDER BY placed_at LIMIT ?2";

pub(super) const STATEMENTS: &[&str] = &[PLACE, LIFT, OF_IMAGE];

/// Writes an order down, about an image that is still there.
#[must_use]
pub fn place(order: &Order) -> Statement {
    let Order { id, image_id, reference, placed_at, until, .. } = order;
    let params =
        [id.as_str().into(), image_id.as_str().into(), reference.as_str().into(), placed_at.0.into(), until.0.into()];
    Statement::new(PLACE, params)
}

/// Lifts an order, once.
#[must_use]
pub fn lift(id: &OrderId, image: &ImageId, now: Timestamp) -> Statement {
    Statement::new(LIFT, [id.as_str().into(), image.as_str().into(), now.0.into()])
}

/// At most `limit` orders about an image, the oldest first.
///
/// # Errors
/// If the database fails.
pub async fn of_image(sql: &dyn Sql, image: &ImageId, limit: i64) -> Result<Vec<Order>, SqlFailure> {
    run(sql, Statement::new(OF_IMAGE, [image.as_str().into(), limit.into()])).await?.into_iter().map(read_row).collect()
}
