//! What the provider remembers: sessions, submissions, and outcomes that were forced.
//!
//! A session id is taken for ever once initiate succeeded; a user's current submission is the
//! newest. Memory is bounded: the oldest session is forgotten when a limit is reached.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::facts::{Facts, IN_PROGRESS};
use super::outcome::Outcome;
use super::paper::Heading;

/// Sessions remembered at once; a load test goes far beyond what anyone looks at afterwards.
const MAX_SESSIONS: usize = 100_000;

/// Which front end captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Source {
    /// The native SDK.
    #[serde(rename = "SDK")]
    Sdk,
    /// The web page behind a launch URL.
    #[serde(rename = "WEB_SDK")]
    WebSdk,
}

/// Why a capture cannot be finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// Never initiated, or forgotten.
    #[error("no such session")]
    UnknownSession,
    /// Its SDK token or launch URL is too old.
    #[error("the session has expired")]
    Expired,
    /// A session captures once.
    #[error("the session was captured before")]
    AlreadyCaptured,
}

/// Whose submission it is: the provider's key of a user.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct User {
    pub(super) id: Arc<str>,
    pub(super) id_type: Arc<str>,
}

/// One successful initiate.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) id: Arc<str>,
    pub(super) user: User,
    pub(super) source: Source,
    pub(super) token: Arc<str>,
    pub(super) expires_at: Timestamp,
    pub(super) phone: Option<String>,
    pub(super) email: Option<String>,
    pub(super) english: bool,
    pub(super) success_url: Option<String>,
    pub(super) failure_url: Option<String>,
    pub(super) submission_id: Option<String>,
}

/// One capture and what came of it.
#[derive(Clone)]
pub(super) struct Submission {
    pub(super) heading: Heading,
    pub(super) outcome: Outcome,
    pub(super) facts: Facts,
    pub(super) changed_at: Timestamp,
}

#[derive(Default)]
struct History {
    /// Oldest first, as in the book's own order.
    sessions: VecDeque<Arc<str>>,
    submissions: Vec<String>,
}

/// The memory of one sandbox.
pub(super) struct Book {
    limit: usize,
    sessions: HashMap<Arc<str>, Session>,
    order: VecDeque<Arc<str>>,
    by_token: HashMap<Arc<str>, Arc<str>>,
    users: HashMap<User, History>,
    submissions: HashMap<String, Submission>,
    forced_sessions: HashMap<String, Outcome>,
    forced_people: HashMap<String, Outcome>,
}

impl Default for Book {
    fn default() -> Self {
        Self::of(MAX_SESSIONS)
    }
}

impl Book {
    /// An empty book that remembers `limit` sessions.
    fn of(limit: usize) -> Self {
        Self {
            limit,
            sessions: HashMap::new(),
            order: VecDeque::new(),
            by_token: HashMap::new(),
            users: HashMap::new(),
            submissions: HashMap::new(),
            forced_sessions: HashMap::new(),
            forced_people: HashMap::new(),
        }
    }

    /// Takes the session id for ever; `false` when it was taken before.
    pub(super) fn open(&mut self, session: Session) -> bool {
        if self.sessions.contains_key(&session.id) {
            return false;
        }
        if self.order.len() >= self.limit {
            self.forget_oldest();
        }
        let id = Arc::clone(&session.id);
        self.order.push_back(Arc::clone(&id));
        self.by_token.insert(Arc::clone(&session.token), Arc::clone(&id));
        self.users.entry(session.user.clone()).or_default().sessions.push_back(Arc::clone(&id));
        self.sessions.insert(id, session);
        true
    }

    fn forget_oldest(&mut self) {
        let Some(session) = self.order.pop_front().and_then(|id| self.sessions.remove(&id)) else {
            return;
        };
        self.by_token.remove(&session.token);
        if let Some(id) = &session.submission_id {
            self.submissions.remove(id);
        }
        if let Some(history) = self.users.get_mut(&session.user) {
            // The oldest of all is the oldest of its user.
            history.sessions.pop_front();
            if let Some(id) = &session.submission_id {
                history.submissions.retain(|other| other != id);
            }
            if history.sessions.is_empty() {
                self.users.remove(&session.user);
            }
        }
    }

    /// The session an SDK token or launch URL belongs to, expired or not.
    pub(super) fn session_of_token(&self, token: &str) -> Option<&Session> {
        self.sessions.get(self.by_token.get(token)?)
    }

    /// All sessions, oldest first.
    pub(super) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.order.iter().filter_map(|id| self.sessions.get(id))
    }

    /// All submissions, by the order of the sessions that were captured.
    pub(super) fn submissions(&self) -> impl Iterator<Item = &Submission> {
        self.sessions().filter_map(|session| self.submissions.get(session.submission_id.as_ref()?))
    }

    pub(super) fn knows_user(&self, user: &User) -> bool {
        self.users.contains_key(user)
    }

    pub(super) fn submission(&self, id: &str) -> Option<&Submission> {
        self.submissions.get(id)
    }

    /// The user's newest submission.
    pub(super) fn current(&self, user: &User) -> Option<&Submission> {
        self.submissions.get(self.users.get(user)?.submissions.last()?)
    }

    pub(super) fn force_session(&mut self, id: &str, outcome: Outcome) {
        self.forced_sessions.insert(id.to_owned(), outcome);
    }

    /// `who` is a user id, a phone or an email.
    pub(super) fn force_person(&mut self, who: &str, outcome: Outcome) {
        self.forced_people.insert(who.to_owned(), outcome);
    }

    pub(super) fn clear_forced(&mut self) {
        self.forced_sessions.clear();
        self.forced_people.clear();
    }

    /// What the session will end in, unless the person at the page chooses otherwise.
    pub(super) fn outcome_of(&self, session: &Session) -> Outcome {
        let who = [session.phone.as_deref(), session.email.as_deref(), Some(&*session.user.id)];
        self.forced_sessions
            .get(&*session.id)
            .or_else(|| who.into_iter().flatten().find_map(|who| self.forced_people.get(who)))
            .copied()
            .unwrap_or_else(|| {
                Outcome::of_contact(session.phone.as_deref(), session.email.as_deref())
            })
    }

    /// Makes the submission of a session that is captured now. `Ok(None)` when the outcome is
    /// that nothing is captured.
    pub(super) fn capture(
        &mut self,
        session_id: &str,
        chosen: Option<Outcome>,
        now: Timestamp,
    ) -> Result<Option<Submission>, CaptureError> {
        let session = self.sessions.get(session_id).ok_or(CaptureError::UnknownSession)?;
        if session.submission_id.is_some() {
            return Err(CaptureError::AlreadyCaptured);
        }
        if session.expires_at <= now {
            return Err(CaptureError::Expired);
        }
        let outcome = chosen.unwrap_or_else(|| self.outcome_of(session));
        if outcome == Outcome::NeverCaptured {
            return Ok(None);
        }
        let submission = Submission {
            heading: Heading {
                submission_id: Uuid::new_v4().to_string(),
                user_id: session.user.id.to_string(),
                user_id_type: session.user.id_type.to_string(),
                session_id: self.creator(session, outcome).to_string(),
                registration_id: Uuid::new_v4().to_string(),
            },
            outcome,
            facts: IN_PROGRESS,
            changed_at: now,
        };
        let id = submission.heading.submission_id.clone();
        let user = session.user.clone();
        self.users.entry(user).or_default().submissions.push(id.clone());
        if let Some(session) = self.sessions.get_mut(session_id) {
            session.submission_id = Some(id.clone());
        }
        self.submissions.insert(id, submission.clone());
        Ok(Some(submission))
    }

    /// The session a result will name: its own, or the user's one before it.
    fn creator(&self, session: &Session, outcome: Outcome) -> Arc<str> {
        let before = self.users.get(&session.user).and_then(|history| {
            let position = history.sessions.iter().position(|id| *id == session.id)?;
            history.sessions.get(position.checked_sub(1)?)
        });
        match before {
            Some(before) if outcome == Outcome::OlderSession => Arc::clone(before),
            Some(_) | None => Arc::clone(&session.id),
        }
    }

    /// From now on details say this of the submission.
    pub(super) fn settle(&mut self, submission_id: &str, facts: Facts, now: Timestamp) {
        if let Some(submission) = self.submissions.get_mut(submission_id) {
            submission.facts = facts;
            submission.changed_at = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{Book, CaptureError, Session, Source, User};

    fn session(id: &str) -> Session {
        Session {
            id: id.into(),
            user: User { id: "u".into(), id_type: "T".into() },
            source: Source::Sdk,
            token: format!("token-{id}").into(),
            expires_at: Timestamp::MAX,
            phone: None,
            email: None,
            english: false,
            success_url: None,
            failure_url: None,
            submission_id: None,
        }
    }

    #[test]
    fn the_oldest_session_is_forgotten_with_all_that_is_its() {
        let mut book = Book::of(2);
        assert!(book.open(session("one")));
        assert!(matches!(book.capture("one", None, Timestamp::UNIX_EPOCH), Ok(Some(_))));
        assert!(book.open(session("two")));

        assert!(book.open(session("three")));

        assert!(book.session_of_token("token-one").is_none());
        assert!(book.current(&session("one").user).is_none());
        assert_eq!(book.sessions().count(), 2);
        assert_eq!(
            book.capture("one", None, Timestamp::UNIX_EPOCH).err(),
            Some(CaptureError::UnknownSession)
        );
    }

    #[test]
    fn a_session_id_is_taken_once() {
        let mut book = Book::of(2);

        assert!(book.open(session("one")));
        assert!(!book.open(session("one")));
    }
}
