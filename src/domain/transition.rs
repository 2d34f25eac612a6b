//! How a verification changes: the one place for callback, details, app, clock and operator.
//!
//! Three things hold after every event: the status never moved to a lower rank, a final status
//! never changed, and `approved` was reached through a report that [`SubmissionReport::standing`]
//! approves and, with `policy.confirm`, that details gave.

use super::{
    attempt::{Attempt, AttemptState},
    id::SessionId,
    news::{Alarm, CaptureOutcome, DetailsAnswer, Effect, News, Note, NoteKind},
    reason::ReasonCode,
    status::Status,
    submission::{Standing, SubmissionReport},
    verification::{Moment, Verification},
};

impl Verification {
    /// Takes one event in. Every way a verification changes goes through here.
    pub fn apply(&mut self, news: News, moment: &Moment) -> Effect {
        let mut effect = Effect::default();
        match news {
            News::AttemptMade(attempt) => self.attempt_made(attempt, moment),
            News::AttemptIssued(session, issued) => {
                self.credential_failed = false;
                if let Some(attempt) = self.attempt_mut(&session) {
                    attempt.issued = Some(issued);
                    // A late answer to an attempt that was replaced meanwhile stays replaced.
                    if attempt.state != AttemptState::Replaced {
                        attempt.state = AttemptState::Issued;
                    }
                    self.schedule_read(moment, true);
                    self.touch(&mut effect, moment);
                }
            }
            News::AttemptRefused(session) => {
                self.attempt_ended(&session, AttemptState::Refused);
            }
            News::AttemptLost(session) => self.attempt_ended(&session, AttemptState::Unknown),
            News::Captured(outcome) => self.capture_reported(outcome, &mut effect, moment),
            News::CalledBack(report) => self.called_back(report, &mut effect, moment),
            News::DetailsRead(DetailsAnswer::Found(report)) => {
                self.details_found(report, &mut effect, moment);
            }
            News::DetailsRead(DetailsAnswer::NotReadable | DetailsAnswer::Elsewhere)
            | News::ReadFailed => {
                self.reads.tries = self.reads.tries.saturating_add(1);
                self.time_passed(&mut effect, moment);
                self.schedule_read(moment, false);
            }
            News::Superseded => {
                if !self.status.is_closed() && self.status != Status::PartiallyCompleted {
                    self.close(Status::Expired, ReasonCode::Superseded, &mut effect, moment);
                }
            }
            News::TimePassed => self.time_passed(&mut effect, moment),
        }
        effect
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

    fn attempt_ended(&mut self, session: &SessionId, state: AttemptState) {
        let attempt = self.attempt_mut(session);
        if let Some(attempt) = attempt.filter(|found| found.state == AttemptState::Initiating) {
            attempt.state = state;
        }
    }

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
        if before != (self.captured, self.credential_failed) {
            self.touch(effect, moment);
        }
        self.note(effect, moment, NoteKind::CaptureReported, Some(outcome.as_str()));
        self.schedule_read(moment, outcome == CaptureOutcome::Completed);
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
        // The highest announcement is the one to confirm; of two equal ones the first, so that
        // duplicates do not put the deadline off. "In progress" announces nothing.
        let announced = self.unconfirmed.map_or(Standing::Processing.rank(), |(it, _)| it.rank());
        if standing.rank() > announced.max(self.status.rank()) {
            self.unconfirmed = Some((standing, moment.at));
        }
        let newly_captured = !std::mem::replace(&mut self.captured, true);
        if Status::Processing.rank() > self.status.rank() {
            self.status = Status::Processing;
            self.touch(effect, moment);
            self.note(effect, moment, NoteKind::StatusChanged, None);
        } else if newly_captured {
            self.touch(effect, moment);
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
        let contradicted = self.unconfirmed.is_some_and(|(announced, _)| {
            rank == announced.rank() && announced != report.standing()
        });
        if contradicted {
            self.alarm(effect, moment, Alarm::ConflictingResult);
        }
        self.unconfirmed = None;
        self.settle(report, effect, moment);
    }

    /// Lets a statement count.
    fn settle(&mut self, report: SubmissionReport, effect: &mut Effect, moment: &Moment) {
        let standing = report.standing();
        if report.is_odd() {
            self.alarm(effect, moment, Alarm::OddResult);
        }
        if self.status.is_final() {
            if standing.rank() == 4 && standing != self.standing() {
                self.alarm(effect, moment, Alarm::ConflictingResult);
            }
            return;
        }
        let newly_captured = !std::mem::replace(&mut self.captured, true);
        self.submission = Some(report.submission);
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
            self.touch(effect, moment);
            self.note(effect, moment, NoteKind::StatusChanged, reason.map(ReasonCode::as_str));
            self.schedule_read(moment, true);
        } else {
            if newly_captured {
                self.touch(effect, moment);
            }
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
        self.touch(effect, moment);
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

    fn attempt_mut(&mut self, session: &SessionId) -> Option<&mut Attempt> {
        self.attempts.iter_mut().find(|attempt| attempt.session == *session)
    }

    fn touch(&mut self, effect: &mut Effect, moment: &Moment) {
        if !effect.changed {
            self.revision = self.revision.saturating_add(1);
        }
        self.updated_at = moment.at;
        effect.changed = true;
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
