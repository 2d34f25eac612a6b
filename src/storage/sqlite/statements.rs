//! The provider's newest statement about a verification, unsealed.

use futures_util::future::BoxFuture;

use super::{
    aggregate::{blob, place, text},
    reader::Snapshot,
    store::SqliteStore,
};
use crate::{
    domain::{Pii, VerificationId},
    storage::{
        error::StoreError,
        seal::{DataKey, Place},
        statements::Statements,
    },
};

impl Statements for SqliteStore {
    fn statement(
        &self,
        verification: VerificationId,
    ) -> BoxFuture<'_, Result<Option<Pii<Vec<u8>>>, StoreError>> {
        self.read(move |snapshot| of(snapshot, verification))
    }
}

fn of(snapshot: &Snapshot<'_>, id: VerificationId) -> Result<Option<Pii<Vec<u8>>>, StoreError> {
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT key_id, data_key, body FROM verifications
         JOIN submission_bodies ON submission_bodies.verification = verifications.number
         WHERE verifications.id = ?1",
    )?;
    let mut rows = statement.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (key_id, wrapped) = (text(row, 0, "key_id")?, blob(row, 1, "data_key")?);
    let key = DataKey::unwrap(snapshot.ring, &place(&id, "data_key"), key_id, wrapped)?;
    let sealed = Place { table: "submission_bodies", column: "body", row: id.as_bytes() };
    let body = key.open(&sealed, blob(row, 2, "body")?)?;
    Ok(Some(Pii::new(body.to_vec())))
}
