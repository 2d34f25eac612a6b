//! As little as makes a start durable: a row before the provider is asked, its credential before the app
//! is answered, found by its user. One thread writes and commits for all who wait, as the gateway's does.

use std::{
    path::Path,
    sync::mpsc::{Receiver, Sender, channel},
    thread,
};

use anyhow::{Context as _, Result, anyhow};
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

/// How many are written in one commit at most.
const MOST: usize = 512;

enum Wish {
    /// A start by this user, with this session.
    Begin([u8; 16], String),
    /// The credential that the start of this number brought.
    Finish(i64, String),
}

type Answer = oneshot::Sender<Result<i64>>;

/// The writer, as those see it who wait for it.
#[derive(Clone)]
pub(crate) struct Kept(Sender<(Wish, Answer)>);

impl Kept {
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let conn = Connection::open(path)?;
        conn.execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             CREATE TABLE starts (
                 number INTEGER PRIMARY KEY, user BLOB NOT NULL UNIQUE, session TEXT NOT NULL, token TEXT
             ) STRICT;",
        )?;
        let (sender, wishes) = channel();
        thread::Builder::new().name("kept".to_owned()).spawn(move || write(&conn, &wishes))?;
        Ok(Self(sender))
    }

    /// Keeps a start; its number.
    pub(crate) async fn begin(&self, user: [u8; 16], session: &str) -> Result<i64> {
        self.ask(Wish::Begin(user, session.to_owned())).await
    }

    /// Keeps what it brought.
    pub(crate) async fn finish(&self, number: i64, token: &str) -> Result<i64> {
        self.ask(Wish::Finish(number, token.to_owned())).await
    }

    async fn ask(&self, wish: Wish) -> Result<i64> {
        let (answer, answered) = oneshot::channel();
        self.0.send((wish, answer)).map_err(|_| anyhow!("the writer has ended"))?;
        answered.await.context("the writer has ended")?
    }
}

fn write(conn: &Connection, wishes: &Receiver<(Wish, Answer)>) {
    while let Ok(first) = wishes.recv() {
        let mut answers = Vec::new();
        let begun = conn.execute_batch("BEGIN IMMEDIATE");
        for (wish, answer) in std::iter::once(first).chain(wishes.try_iter()).take(MOST) {
            answers.push((answer, row(conn, &wish)));
        }
        let kept =
            begun.and_then(|()| conn.execute_batch("COMMIT")).map_err(|error| error.to_string());
        for (answer, written) in answers {
            // Who has gone away does not wait.
            let _ = answer.send(kept.clone().map_err(|error| anyhow!(error)).and(written));
        }
    }
}

fn row(conn: &Connection, wish: &Wish) -> Result<i64> {
    match wish {
        Wish::Begin(user, session) => {
            let mut insert =
                conn.prepare_cached("INSERT INTO starts (user, session) VALUES (?1, ?2)")?;
            Ok(insert.insert(params![user, session])?)
        }
        Wish::Finish(number, token) => {
            let mut update =
                conn.prepare_cached("UPDATE starts SET token = ?2 WHERE number = ?1")?;
            update.execute(params![number, token])?;
            Ok(*number)
        }
    }
}
