//! How a verification changes: the one place for callback, details, app, clock and operator.
//!
//! Four things hold after every event: the status never moved to a lower rank, a final status
//! never changed, `approved` was reached through a report that [`SubmissionReport::standing`]
//! approves and, with `policy.confirm`, that details gave; and the revision rose if, and only if,
//! callers can see a difference. `transition_properties` tries them on every kind of history.

use super::{
    attempt::{Attempt, AttemptState, IssuedCredential},
    id::SessionId,
    news::{Alarm, CaptureOutcome, DetailsAnswer, Effect, News, Note, NoteKind},
    reason::ReasonCode,
    status::Status,
    submission::{Standing, SubmissionReport},
    verification::{Moment, Verification},
    visible::Visible,
};

impl Verification {
    /// Takes one event in. Every way a verification changes goes through here.
    pub fn apply(&mut self, news: News, moment: &Moment) -> Effect {
        let mut effect = Effect::default();
        let before = Visible::of(self, moment.at);
        self.take_in(news, &mut effect, moment);
        if Visible::of(self, moment.at) != before {
            self.revision = self.revision.saturating_add(1);
            self.updated_at = moment.at;
            effect.changed = true;
        }
        for note in &mut effect.notes {
            (note.revision, note.status) = (self.revision, self.status);
        }
        effect
    }

    fn take_in(&mut self, news: News, effect: &mut Effect, moment: &Moment) {
        match news {
            News::AttemptMade(attempt) => self.attempt_made(attempt, moment),
            News::AttemptIssued(session, issued) => self.attempt_issued(&session, issued, moment),
            News::AttemptRefused(session) => self.attempt_ended(&session, AttemptState::Refused),
            News::AttemptLost(session) => self.attempt_ended(&session, AttemptState::Unknown),
            News::Captured(outcome) => self.capture_reported(outcome, effect, moment),
            News::CalledBack(report) => self.called_back(report, effect, moment),
            News::DetailsRead(DetailsAnswer::Found(report)) => {
                self.details_found(report, effect, moment);
            }
            // What it announced was about another verification, to which it went; nothing more is
            // to be found here.
            News::DetailsRead(DetailsAnswer::Elsewhere) if self.status == Status::Expired => {
                self.unconfirmed = None;
                self.reads.next_at = None;
            }
            News::DetailsRead(DetailsAnswer::NotReadable | DetailsAnswer::Elsewhere)
            | News::ReadFailed => {
                self.reads.tries = self.reads.tries.saturating_add(1);
                self.time_passed(effect, moment);
                self.schedule_read(moment, false);
            }
            News::Superseded => {
                if !self.status.is_closed() && self.status != Status::PartiallyCompleted {
                    self.close(Status::Expired, ReasonCode::Superseded, effect, moment);
                }
            }
            News::TimePassed => self.time_passed(effect, moment),
        }
    }

    fn attempt_made(&mut self, attempt: Attempt, moment: &Moment) {
        for older in &mut self.attempts {
            if matches!(older.state, AttemptState::Issued | AttemptState::Initiating) {
                older.state = AttemptState::Replaced;
            }
        }
        self.attempts.push(attempt);
        self.schedule_read(moment, true);
    }

    fn attempt_issued(&mut self, session: &SessionId, issued: IssuedCredential, moment: &Moment) {
        let Some(place) = self.attempts.iter().position(|it| it.session == *session) else {
            return;
        };
        let is_newest = place.saturating_add(1) == self.attempts.len();
        let Some(attempt) = self.attempts.get_mut(place) else { return };
        attempt.issued = Some(issued);
        // A late answer to an attempt that a newer one followed is not what the user is to use.
        attempt.state = if is_newest { AttemptState::Issued } else { AttemptState::Replaced };
        if is_newest {
            self.credential_failed = false;
        }
        self.schedule_read(moment, true);
    }

    fn attempt_ended(&mut self, session: &SessionId, state: AttemptState) {
        let attempt = self.attempts.iter_mut().find(|attempt| attempt.session == *session);
        if let Some(attempt) = attempt.filter(|found| found.state == AttemptState::Initiating) {
            attempt.state = state;
        }
    }

    /// A hint brings the next read forward and never puts it off, however often it is repeated.
    fn capture_reported(&mut self, outcome: CaptureOutcome, effect: &mut Effect, moment: &Moment) {
        if self.status.is_closed() {
            return;
        }
        let before = (self.captured, self.credential_failed);
        match outcome {
            CaptureOutcome::Completed => self.captured = true,
            CaptureOutcome::Failed => self.credential_failed = true,
            CaptureOutcome::Cancelled => {}
        }
        let changed = before != (self.captured, self.credential_failed);
        if self.read_soon(moment) || changed {
            self.note(effect, moment, NoteKind::CaptureReported, Some(outcome.as_str()));
        }
    }

    fn called_back(&mut self, report: SubmissionReport, effect: &mut Effect, moment: &Moment) {
        if self.is_about_someone_else(&report, effect, moment) {
            return;
        }
        self.note(effect, moment, NoteKind::CallbackReceived, None);
        if !moment.policy.confirm {
            return self.settle(report, effect, moment);
        }
        let standing = report.standing();
        if self.status.is_final() {
            if standing.rank() == 4 && standing != self.standing() {
                self.alarm(effect, moment, Alarm::ConflictingResult);
            }
            return;
        }
        if report.is_odd() {
            self.alarm(effect, moment, Alarm::OddResult);
        }
        if self.contradicts_announcement(standing) {
            self.alarm(effect, moment, Alarm::ConflictingResult);
        }
        // The highest announcement is the one to confirm; of two equal ones the first, so that
        // duplicates do not put the deadline off. "In progress" announces nothing.
        let announced = self.unconfirmed.map_or(Standing::Processing.rank(), |(it, _)| it.rank());
        if standing.rank() > announced.max(self.status.rank()) {
            self.unconfirmed = Some((standing, moment.at));
        }
        self.captured = true;
        if Status::Processing.rank() > self.status.rank() {
            self.status = Status::Processing;
            self.note(effect, moment, NoteKind::StatusChanged, None);
        }
        self.schedule_read(moment, true);
    }

    fn details_found(&mut self, report: SubmissionReport, effect: &mut Effect, moment: &Moment) {
        if report.names(&self.user) != Some(true) {
            self.alarm(effect, moment, Alarm::UserMismatch);
            self.reads.tries = self.reads.tries.saturating_add(1);
            return self.schedule_read(moment, false);
        }
        let rank = report.standing().rank();
        if self.unconfirmed.is_some_and(|(announced, _)| rank < announced.rank()) {
            // Older than what the callback announced: not readable yet.
            self.reads.tries = self.reads.tries.saturating_add(1);
            self.time_passed(effect, moment);
            return self.schedule_read(moment, false);
        }
        if self.contradicts_announcement(report.standing()) {
            self.alarm(effect, moment, Alarm::ConflictingResult);
        }
        self.settle(report, effect, moment);
    }

    /// Whether `standing` is another end than the one that was announced and not confirmed yet.
    fn contradicts_announcement(&self, standing: Standing) -> bool {
        self.unconfirmed.is_some_and(|(announced, _)| {
            standing.rank() == 4 && announced.rank() == 4 && announced != standing
        })
    }

    /// Lets a statement count.
    fn settle(&mut self, report: SubmissionReport, effect: &mut Effect, moment: &Moment) {
        let standing = report.standing();
        if report.is_odd() {
            self.alarm(effect, moment, Alarm::OddResult);
        }
        self.unconfirmed = None;
        if self.status.is_final() {
            if standing.rank() == 4 && standing != self.standing() {
                self.alarm(effect, moment, Alarm::ConflictingResult);
            }
            return self.schedule_read(moment, false);
        }
        self.captured = true;
        // An older statement that comes late must not stand beside a newer status.
        if standing.rank() >= self.standing().rank() {
            self.submission = Some(report.submission);
        }
        let (status, reason) = match standing {
            Standing::Processing => (Status::Processing, None),
            Standing::PartiallyCompleted => (Status::PartiallyCompleted, None),
            Standing::Approved => (Status::Approved, None),
            Standing::Rejected(reason) => (Status::Rejected, Some(reason)),
            Standing::Failed(reason) => (Status::Failed, Some(reason)),
        };
        let reopens = self.status == Status::Expired && !status.is_closed();
        if status.rank() > self.status.rank() && !(reopens && moment.newer_open) {
            self.status = status;
            self.reason = reason;
            if status == Status::PartiallyCompleted {
                self.partial_since = Some(moment.at);
            }
            self.note(effect, moment, NoteKind::StatusChanged, reason.map(ReasonCode::as_str));
            self.schedule_read(moment, true);
        } else {
            self.reads.tries = self.reads.tries.saturating_add(1);
            if self.is_certificate_overdue(moment.at) {
                self.alarm(effect, moment, Alarm::CertificateOverdue);
            }
            self.schedule_read(moment, false);
        }
    }

    fn time_passed(&mut self, effect: &mut Effect, moment: &Moment) {
        if let Some((standing, since)) = self.unconfirmed {
            if moment.at.duration_since(since) >= moment.policy.confirm_for {
                self.give_up_confirming(standing, effect, moment);
            }
            // While a result is announced the verification does not expire: its end is near.
            return;
        }
        let open = matches!(self.status, Status::Pending | Status::Processing);
        if open && moment.at >= self.expires_at() {
            self.close(Status::Expired, ReasonCode::TimedOut, effect, moment);
        }
    }

    /// A no may count unconfirmed after long waiting, a yes never.
    fn give_up_confirming(&mut self, standing: Standing, effect: &mut Effect, moment: &Moment) {
        self.unconfirmed = None;
        self.alarm(effect, moment, Alarm::Unconfirmed);
        if self.status.is_final() {
            return;
        }
        self.settled_unconfirmed = true;
        let (status, reason) = match standing {
            Standing::Rejected(reason) => (Status::Rejected, reason),
            Standing::Failed(reason) => (Status::Failed, reason),
            Standing::Approved | Standing::PartiallyCompleted | Standing::Processing => {
                (Status::Failed, ReasonCode::ResultUnconfirmed)
            }
        };
        self.close(status, reason, effect, moment);
    }

    fn close(&mut self, status: Status, reason: ReasonCode, effect: &mut Effect, moment: &Moment) {
        self.status = status;
        self.reason = Some(reason);
        self.note(effect, moment, NoteKind::StatusChanged, Some(reason.as_str()));
        self.schedule_read(moment, true);
    }

    /// The standing that led to the present final status.
    fn standing(&self) -> Standing {
        match (self.status, self.reason) {
            (Status::Approved, _) => Standing::Approved,
            (Status::Rejected, Some(reason)) => Standing::Rejected(reason),
            (Status::Failed, Some(reason)) => Standing::Failed(reason),
            (Status::PartiallyCompleted, _) => Standing::PartiallyCompleted,
            (Status::Pending | Status::Processing | Status::Expired, _)
            | (Status::Rejected | Status::Failed, None) => Standing::Processing,
        }
    }

    fn is_about_someone_else(
        &self,
        report: &SubmissionReport,
        effect: &mut Effect,
        moment: &Moment,
    ) -> bool {
        let other = report.names(&self.user) == Some(false) || report.user_type_fits == Some(false);
        if other {
            self.alarm(effect, moment, Alarm::UserMismatch);
        }
        other
    }

    fn alarm(&self, effect: &mut Effect, moment: &Moment, alarm: Alarm) {
        effect.alarms.push(alarm);
        self.note(effect, moment, NoteKind::Alarmed, Some(alarm.as_str()));
    }

    fn note(
        &self,
        effect: &mut Effect,
        moment: &Moment,
        kind: NoteKind,
        detail: Option<&'static str>,
    ) {
        effect.notes.push(Note {
            revision: self.revision,
            at: moment.at,
            kind,
            status: self.status,
            detail,
        });
    }
}
