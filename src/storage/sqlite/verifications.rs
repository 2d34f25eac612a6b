//! Verifications: each method one transaction around what the domain decides.

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use rusqlite::params;

use super::{
    aggregate::{BY_ID, Loaded, OF_USER, fetch, fetch_by, id_column, load},
    linking,
    reader::Snapshot,
    saving::take_in,
    searching, starts,
    store::SqliteStore,
    sweeps, timeline,
    writer::Tx,
};
use crate::{
    domain::{
        DetailsAnswer, Moment, News, Note, Policy, SessionId, SubmissionReport, UserId,
        Verification, VerificationId, Wanted,
    },
    storage::{
        error::StoreError,
        keyring::Blinded,
        records::whole_millis,
        verifications::{Opened, Page, Recorded, Search, Settled, Verifications},
    },
};

impl Verifications for SqliteStore {
    fn open(
        &self,
        wanted: Wanted,
        asked: bool,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Opened, StoreError>> {
        self.write(move |tx| starts::open(tx, &wanted, asked, &moment(at, policy)))
    }

    fn renew(
        &self,
        id: VerificationId,
        user: UserId,
        asked: bool,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<Opened>, StoreError>> {
        self.write(move |tx| starts::renew(tx, id, &user, asked, &moment(at, policy)))
    }

    fn replace_attempt(
        &self,
        id: VerificationId,
        failed: SessionId,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<(Verification, SessionId)>, StoreError>> {
        self.write(move |tx| starts::replace_attempt(tx, id, &failed, &moment(at, policy)))
    }

    fn record(
        &self,
        id: VerificationId,
        news: News,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<Recorded>, StoreError>> {
        self.write(move |tx| {
            let loaded = match tx.shelf.take(id) {
                Some(loaded) => Some(loaded),
                None => load(tx.conn, tx.ring, BY_ID, [id.as_bytes()])?,
            };
            let Some(loaded) = loaded else { return Ok(None) };
            record(tx, loaded, news.clone(), &moment(at, policy)).map(Some)
        })
    }

    fn settle(
        &self,
        asked: VerificationId,
        report: SubmissionReport,
        at: Timestamp,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Option<Settled>, StoreError>> {
        self.write(move |tx| settle(tx, asked, &report, &moment(at, policy)))
    }

    fn find_of(
        &self,
        id: VerificationId,
        user: UserId,
    ) -> BoxFuture<'_, Result<Option<Verification>, StoreError>> {
        self.read(move |snapshot| {
            let user = snapshot.ring.blind(Blinded::User, user.as_str().as_bytes());
            let params = params![id.as_bytes(), user];
            fetch_by(snapshot.conn, snapshot.ring, OF_USER, params)
        })
    }

    fn find(&self, id: VerificationId) -> BoxFuture<'_, Result<Option<Verification>, StoreError>> {
        self.read(move |snapshot| fetch(snapshot.conn, snapshot.ring, id))
    }

    fn list(
        &self,
        user: UserId,
        before: Option<VerificationId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.read(move |snapshot| list(snapshot, &user, before, limit))
    }

    fn search(
        &self,
        search: Search,
        before: Option<VerificationId>,
        limit: usize,
    ) -> BoxFuture<'_, Result<Page, StoreError>> {
        self.read(move |snapshot| searching::page(snapshot, &search, before, limit))
    }

    fn timeline(&self, id: VerificationId) -> BoxFuture<'_, Result<Vec<Note>, StoreError>> {
        self.read(move |snapshot| timeline::of(snapshot, id))
    }

    fn claim_due_reads(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Verification>, StoreError>> {
        self.write(move |tx| sweeps::claim_due_reads(tx, whole_millis(at), limit, sweeps::OLDEST))
    }

    fn claim_newest_reads(
        &self,
        at: Timestamp,
        limit: usize,
    ) -> BoxFuture<'_, Result<Vec<Verification>, StoreError>> {
        self.write(move |tx| sweeps::claim_due_reads(tx, whole_millis(at), limit, sweeps::NEWEST))
    }

    fn overdue_confirmations(&self, since: Timestamp) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.read(move |snapshot| sweeps::overdue_confirmations(snapshot, since))
    }

    fn expire_due(
        &self,
        at: Timestamp,
        limit: usize,
        policy: Policy,
    ) -> BoxFuture<'_, Result<Vec<Recorded>, StoreError>> {
        self.write(move |tx| sweeps::expire_due(tx, limit, &moment(at, policy)))
    }

    fn recover(&self, at: Timestamp, policy: Policy) -> BoxFuture<'_, Result<usize, StoreError>> {
        self.write(move |tx| sweeps::recover(tx, &moment(at, policy)))
    }
}

/// The circumstances, in the store's own unit of time; `newer_open` is looked up when it matters.
pub(super) fn moment(at: Timestamp, policy: Policy) -> Moment {
    Moment { at: whole_millis(at), policy, newer_open: false }
}

/// Takes an event in and says what it did.
pub(super) fn record(
    tx: &mut Tx<'_>,
    loaded: Loaded,
    news: News,
    moment: &Moment,
) -> Result<Recorded, StoreError> {
    let (verification, effect) = take_in(tx, loaded, news, moment)?;
    Ok(Recorded { verification, effect })
}

fn settle(
    tx: &mut Tx<'_>,
    asked: VerificationId,
    report: &SubmissionReport,
    moment: &Moment,
) -> Result<Option<Settled>, StoreError> {
    let Some(about) = load(tx.conn, tx.ring, BY_ID, [asked.as_bytes()])? else { return Ok(None) };
    let owner = linking::owner(tx, report)?;
    let found = News::DetailsRead(DetailsAnswer::Found(report.clone()));
    let elsewhere = News::DetailsRead(DetailsAnswer::Elsewhere);
    let unreadable = News::DetailsRead(DetailsAnswer::NotReadable);
    Ok(Some(match owner {
        Some(owner) if owner.verification.id == asked => {
            Settled::Here(Box::new(record(tx, owner, found, moment)?))
        }
        Some(owner) => Settled::Elsewhere {
            owner: Box::new(record(tx, owner, found, moment)?),
            asked: Box::new(record(tx, about, elsewhere, moment)?),
        },
        None => Settled::Nowhere(Box::new(record(tx, about, unreadable, moment)?)),
    }))
}

fn list(
    snapshot: &Snapshot<'_>,
    user: &UserId,
    before: Option<VerificationId>,
    limit: usize,
) -> Result<Page, StoreError> {
    let user = snapshot.ring.blind(Blinded::User, user.as_str().as_bytes());
    // No id sorts after this one.
    let before = before.map_or([0xff; 16], |before| *before.as_bytes());
    let mut statement = snapshot.conn.prepare_cached(
        "SELECT id FROM verifications WHERE user_hash = ?1 AND id < ?2 AND issued > 0
         ORDER BY id DESC LIMIT ?3",
    )?;
    let one_more = bound(limit).saturating_add(1);
    let ids = statement.query_map(params![user, before, one_more], |row| id_column(row, 0))?;
    searching::gather(snapshot, ids, limit, |_, damage| Err(damage))
}

/// A limit as SQLite takes it.
pub(super) fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
