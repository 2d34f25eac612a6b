//! How what is remembered goes, in the model of `sequences` and in the store.

use std::collections::HashMap;

use gerbang::domain::{AuditActor, Credential, ErasureOrder, Hold, SessionId, SubmissionReport};
use jiff::{SignedDuration, Timestamp};

use super::{
    bed::user,
    sequences::{Bed, Kept, USERS},
};

/// How long erasures are remembered; a few of the longest pauses.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(60);

/// What is remembered of those who were erased.
#[derive(Default)]
pub(super) struct Marks {
    /// What is kept out, each with its kind, and until when.
    until: HashMap<(&'static str, String), Timestamp>,
    sessions: Vec<SessionId>,
}

impl Marks {
    /// One of the sessions that were erased.
    pub(super) fn session(&self, which: usize) -> Option<SessionId> {
        self.sessions.get(which.checked_rem(self.sessions.len())?).cloned()
    }

    fn has(&self, kind: &'static str, name: &str) -> bool {
        self.until.contains_key(&(kind, name.to_owned()))
    }
}

/// Session, submission and user that a statement names.
fn names(said: &SubmissionReport) -> [(&'static str, &str); 3] {
    let session = said.session.as_ref().map_or("", SessionId::as_str);
    let named = said.user.as_ref().map_or("", |user| user.expose().as_str());
    [("session", session), ("submission", said.submission.id.as_str()), ("user", named)]
}

impl Bed {
    /// Whether a callback is late for somebody who was erased. The same body as one that is kept
    /// counts up, whatever it names.
    pub(super) fn is_kept_out(&self, said: &SubmissionReport) -> bool {
        let [(_, session), (_, submission), (_, user)] = names(said);
        let is_known = self.model.iter().any(|it| {
            it.user.as_str() == user
                || it.attempts.iter().any(|one| one.session.as_str() == session)
        });
        let is_late = self.marks.has("session", session)
            || self.marks.has("submission", submission)
            || (self.marks.has("user", user) && !is_known);
        is_late && !self.bodies.contains_key(said.body.expose())
    }

    pub(super) async fn let_go(&mut self, hours: i64) {
        let before = self.now() - SignedDuration::from_hours(hours);
        self.store.forget_contacts(before, 100).await.unwrap();
        self.store.forget_credentials(before, 100).await.unwrap();
        for verification in &mut self.model {
            verification.forget_credentials(before);
            if verification.updated_at <= before {
                verification.forget_contact();
            }
        }
    }

    pub(super) async fn erase(&mut self, which: usize) {
        let name = USERS[which];
        let order = ErasureOrder {
            user: user(name),
            actor: AuditActor::Operator,
            hold: Hold::default(),
            remembered: REMEMBERED,
        };
        let receipt = self.store.erase(order, self.now()).await.unwrap();
        let (gone, left): (Vec<_>, Vec<_>) =
            self.model.drain(..).partition(|it| it.user.as_str() == name);
        self.model = left;
        let mut marks = Vec::new();
        for verification in &gone {
            let sessions = verification.attempts.iter().map(|it| it.session.clone());
            self.marks.sessions.extend(sessions);
            let sessions = verification.attempts.iter().map(|it| it.session.as_str().to_owned());
            marks.extend(sessions.map(|it| ("session", it)));
            let submission = verification.submission.as_ref().map(|it| it.id.as_str().to_owned());
            marks.extend(submission.map(|it| ("submission", it)));
        }
        marks.push(("user", name.to_owned()));
        let is_doomed = |it: &Kept| match it.tied {
            Some(tied) => gone.iter().any(|one| one.id == tied),
            None => names(&it.report)
                .iter()
                .any(|(kind, named)| marks.iter().any(|(of, it)| of == kind && it == named)),
        };
        let (doomed, kept): (Vec<_>, Vec<_>) = self.kept.drain(..).partition(is_doomed);
        self.kept = kept;
        let tied = doomed.iter().filter(|it| it.tied.is_some());
        marks.extend(tied.map(|it| ("submission", it.report.submission.id.as_str().to_owned())));
        for callback in &doomed {
            self.bodies.remove(callback.report.body.expose());
        }
        let issued = gone.iter().flat_map(|it| &it.attempts).filter_map(|it| it.issued.as_ref());
        let held = issued.filter(|it| !matches!(it.credential, Credential::Forgotten)).count();
        let destroyed = receipt.destroyed;
        let counted = [destroyed.verifications, destroyed.callbacks, destroyed.credentials];
        let expected = [gone.len(), doomed.len(), held];
        assert_eq!(counted.map(|it| usize::try_from(it).unwrap()), expected);
        if !gone.is_empty() || !doomed.is_empty() {
            let until = self.now() + REMEMBERED;
            self.marks.until.extend(marks.into_iter().map(|mark| (mark, until)));
        }
        for verification in &gone {
            assert!(self.store.find(verification.id).await.unwrap().is_none());
        }
        // What begins in the same instant as an erasure would go with it at the next start.
        self.minutes += 1;
    }

    pub(super) async fn forget_erased(&mut self) {
        let now = self.now();
        self.store.forget_erased(now, 1_000).await.unwrap();
        self.marks.until.retain(|_, until| *until > now);
    }
}
