//! The hand on the sandbox: what a test, the demo and `/sandbox/…` may ask of it.
//!
//! Nothing here waits for a time: the `wait_…` calls end when the thing has happened, so put them
//! under a deadline of your own.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde_json::Value;

use super::book::{CaptureError, Session, Source};
use super::courier::{self, CallbackAnswer, CallbackAttempt};
use super::director;
use super::fault::FaultRule;
use super::journal::{Operation, RecordedRequest};
use super::options::CallbackTarget;
use super::outcome::Outcome;
use super::world::{World, lock};

/// A handle on one sandbox; clones are cheap and hold the same sandbox.
#[derive(Clone)]
pub struct Control {
    pub(super) world: Arc<World>,
}

impl std::fmt::Debug for Control {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Control").field("base_url", &self.world.base_url).finish()
    }
}

/// What came of finishing a capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Captured {
    /// `None` when the outcome is that nothing is ever captured.
    pub submission_id: Option<String>,
}

/// One successful initiate, without its token.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// The partner's session id.
    pub session_id: String,
    /// The partner's user id.
    pub user_id: String,
    /// Its label.
    pub user_id_type: String,
    /// Which front end it is for.
    pub source: Source,
    /// What the contact's digits, or a forced outcome, select.
    pub outcome: Outcome,
    /// `None` before the capture.
    pub submission_id: Option<String>,
}

/// One submission as details would tell it now.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SubmissionView {
    /// The provider's id of it.
    pub submission_id: String,
    /// The session that a result names.
    pub session_id: String,
    /// The partner's user id.
    pub user_id: String,
    /// What is played.
    pub outcome: Outcome,
    /// The present status.
    pub status: &'static str,
    /// The present result.
    pub result: Option<&'static str>,
    /// The present reason.
    pub reason: Option<&'static str>,
}

impl Control {
    /// Sends callbacks there from now on; nowhere when `None`.
    pub fn set_callback_target(&self, target: Option<CallbackTarget>) {
        self.world.courier.set_target(target);
    }

    /// The session ends in `outcome`, whatever its contact says. It need not exist yet.
    pub fn force_session(&self, session_id: &str, outcome: Outcome) {
        lock(&self.world.book).force_session(session_id, outcome);
    }

    /// Every session of this user id, phone or email that is captured from now on ends so.
    pub fn force_person(&self, who: &str, outcome: Outcome) {
        lock(&self.world.book).force_person(who, outcome);
    }

    /// Contacts decide again.
    pub fn clear_forced(&self) {
        lock(&self.world.book).clear_forced();
    }

    /// Does what the capture page does at its end; the outcome is the forced one, else that of
    /// the contact's digits.
    pub fn finish_capture(&self, session_id: &str) -> Result<Captured, CaptureError> {
        self.capture(session_id, None)
    }

    /// The same, with the outcome chosen by the person at the page.
    pub fn finish_capture_as(
        &self,
        session_id: &str,
        outcome: Outcome,
    ) -> Result<Captured, CaptureError> {
        self.capture(session_id, Some(outcome))
    }

    pub(super) fn capture(
        &self,
        session_id: &str,
        chosen: Option<Outcome>,
    ) -> Result<Captured, CaptureError> {
        let submission_id = director::capture(&self.world, session_id, chosen)?;
        Ok(Captured { submission_id })
    }

    /// Adds a fault behind those that are there.
    pub fn push_fault(&self, rule: FaultRule) {
        self.world.faults.push(rule);
    }

    /// Forgets all faults and lets hanging calls go on.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
    }

    /// The faults that are not used up.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.world.faults.list()
    }

    /// No partner token given out so far is good any more.
    pub fn revoke_partner_tokens(&self) {
        lock(&self.world.tokens).revoke_all();
    }

    /// How many calls of `operation` arrived, answered or not.
    pub fn calls(&self, operation: Operation) -> u64 {
        self.world.journal.calls(operation)
    }

    /// The link to a picture (`KTP`, `SELFIE`, `ADDITIONAL_SELFIE`) as details name it now.
    pub fn image_link(&self, submission_id: &str, kind: &str) -> String {
        let gallery = self.world.gallery();
        let name = format!("{submission_id}_{kind}");
        format!("{}{}", gallery.base_url, gallery.key.sign(&name, gallery.now))
    }

    /// How many answers are being sent drop by drop; one whose caller has hung up is not.
    pub fn dripping(&self) -> usize {
        self.world.journal.dripping()
    }

    /// The last calls, oldest first; none when recording is off.
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.world.journal.requests()
    }

    /// The last calls of one operation, oldest first.
    pub fn requests_of(&self, operation: Operation) -> Vec<RecordedRequest> {
        self.requests().into_iter().filter(|request| request.operation == operation).collect()
    }

    /// All successful initiates, oldest first.
    pub fn sessions(&self) -> Vec<SessionView> {
        let book = lock(&self.world.book);
        book.sessions().map(|session| view(session, book.outcome_of(session))).collect()
    }

    /// The newest session of a user.
    pub fn newest_session(&self, user_id: &str) -> Option<SessionView> {
        self.sessions().into_iter().rev().find(|session| session.user_id == user_id)
    }

    /// All submissions.
    pub fn submissions(&self) -> Vec<SubmissionView> {
        let view = |submission: &super::book::Submission| SubmissionView {
            submission_id: submission.heading.submission_id.clone(),
            session_id: submission.heading.session_id.clone(),
            user_id: submission.heading.user_id.clone(),
            outcome: submission.outcome,
            status: submission.facts.status,
            result: submission.facts.result,
            reason: submission.facts.reason,
        };
        lock(&self.world.book).submissions().map(view).collect()
    }

    /// Every try of every callback, oldest first; none when recording is off.
    pub fn callbacks(&self) -> Vec<CallbackAttempt> {
        self.world.journal.callbacks()
    }

    /// How many callbacks were answered with 2xx.
    pub fn callbacks_delivered(&self) -> u64 {
        self.world.journal.delivered()
    }

    /// How many captures still have something to come: a result, a callback, another try.
    pub fn scripts_running(&self) -> usize {
        self.world.playing.load(Ordering::Acquire)
    }

    /// Sends `body` to the callback target once, with the agreed header, and says what came back.
    pub async fn send_callback(&self, body: &Value) -> CallbackAnswer {
        courier::tell_once(&self.world, body, 1).await
    }

    /// Ends when `happened` says so; it is asked now and after every change.
    pub async fn wait_until(&self, mut happened: impl FnMut(&Self) -> bool) {
        let mut bell = self.world.journal.listen();
        while !happened(self) {
            // The bell lives as long as the world that this handle holds.
            if bell.changed().await.is_err() {
                return;
            }
        }
    }

    /// Ends when `n` calls of `operation` have arrived in all.
    pub async fn wait_for_calls(&self, operation: Operation, n: u64) {
        self.wait_until(|control| control.calls(operation) >= n).await;
    }

    /// Ends when `n` callbacks in all were answered with 2xx.
    pub async fn wait_for_callbacks(&self, n: u64) {
        self.wait_until(|control| control.callbacks_delivered() >= n).await;
    }
}

fn view(session: &Session, outcome: Outcome) -> SessionView {
    SessionView {
        session_id: session.id.to_string(),
        user_id: session.user.id.to_string(),
        user_id_type: session.user.id_type.to_string(),
        source: session.source,
        outcome,
        submission_id: session.submission_id.clone(),
    }
}
