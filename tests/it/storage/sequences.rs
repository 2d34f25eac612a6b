//! Any sequence of what can happen, to the store and to a model of it that fits on a page: a list of
//! verifications, moved by the domain alone. After each step both must hold the same. How they go
//! stands in `leaving`.

use std::{collections::HashMap, sync::Arc};

use gerbang::{
    domain::{
        Admission, Attempt, AttemptState, CallbackId, Contact, DetailsAnswer, Hold, Moment, News,
        Pii, Policy, SessionId, Status, SubmissionReport, Verification, VerificationId, Wanted,
    },
    storage::{CallbackOutcome, Opened, Settled, Store},
};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::{
    bed::{at, callback, credential, email, policy, report, wanted},
    folder::Folder,
    leaving::Marks,
    steps::{Statement, Step, any_step},
};

pub(super) const USERS: [&str; 2] = ["cust-1", "cust-2"];

/// A kept callback, as the model has it.
pub(super) struct Kept {
    id: CallbackId,
    pub(super) report: SubmissionReport,
    tries: u32,
    parked: bool,
    /// `None`: done.
    due: Option<Timestamp>,
    /// The verification that took it in, unless it names another user.
    pub(super) tied: Option<VerificationId>,
}

pub(super) struct Bed {
    folder: Folder,
    pub(super) store: Arc<dyn Store>,
    /// In the order of their beginning.
    pub(super) model: Vec<Verification>,
    /// The contacts of all that ever were.
    contacts: HashMap<VerificationId, Contact>,
    pub(super) kept: Vec<Kept>,
    pub(super) bodies: HashMap<Vec<u8>, CallbackId>,
    pub(super) marks: Marks,
    pub(super) minutes: i64,
}

fn rules() -> Policy {
    Policy { attempts_per_day: 10_000, ..policy() }
}

fn kind(opened: &Opened) -> &'static str {
    match opened {
        Opened::Attempt(..) => "attempt",
        Opened::Resumed(..) => "resumed",
        Opened::Underway(_) => "underway",
        Opened::Captured(_) => "captured",
        Opened::AskFirst(_) => "ask first",
        Opened::Closed(_) => "closed",
        Opened::Exhausted(_) => "exhausted",
        Opened::ProofUsed => "proof used",
    }
}

impl Bed {
    async fn new() -> Self {
        let folder = Folder::new();
        let store = folder.open().await;
        let (model, kept, contacts) = (Vec::new(), Vec::new(), HashMap::new());
        let (bodies, marks) = (HashMap::new(), Marks::default());
        Self { folder, store, model, contacts, kept, bodies, marks, minutes: 0 }
    }

    pub(super) fn now(&self) -> Timestamp {
        at(self.minutes)
    }

    /// The one that `which` means, around and around.
    fn place(&self, which: usize) -> Option<usize> {
        which.checked_rem(self.model.len())
    }

    fn open_of(&self, user: &str) -> Option<usize> {
        let open = |it: &Verification| it.user.as_str() == user && !it.status.is_closed();
        self.model.iter().position(open)
    }

    /// An event reaches one verification.
    fn tell(&mut self, place: usize, news: News) {
        let expired = self.model[place].status == Status::Expired;
        let user = self.model[place].user.as_str().to_owned();
        let newer_open = expired && self.open_of(&user).is_some();
        let moment = Moment { at: self.now(), policy: rules(), newer_open };
        self.model[place].apply(news, &moment);
    }

    fn statement(&self, it: &Statement) -> SubmissionReport {
        let named = it.session.and_then(|(which, attempt)| {
            if let Some(erased) = self.marks.session(attempt).filter(|_| which == 5) {
                return Some(erased);
            }
            let attempts = &self.model[self.place(which)?].attempts;
            Some(attempts[attempt % attempts.len()].session.clone())
        });
        let session = named.unwrap_or_else(|| SessionId::parse("of-nobody").unwrap());
        let submission = format!("sub-{}", it.submission);
        let mut said = report(&submission, USERS[it.user], Some(&session), it.says.clone());
        let body = format!("{submission} {} {} {:?}", it.user, session.as_str(), it.says);
        said.body = Pii::new(body.into_bytes());
        said
    }

    /// Whom a statement is about: by submission, by session, and from an expired one to the one
    /// that the user began after it.
    fn owner(&self, said: &SubmissionReport) -> Option<usize> {
        let linked = |it: &Verification| {
            it.submission.as_ref().is_some_and(|linked| linked.id == said.submission.id)
        };
        if let Some(place) = self.model.iter().position(linked) {
            return Some(place);
        }
        let session = said.session.as_ref()?;
        let has = |it: &Verification| it.attempts.iter().any(|one| one.session == *session);
        let named = self.model.iter().position(has)?;
        if self.model[named].status != Status::Expired {
            return Some(named);
        }
        let heir = self.open_of(self.model[named].user.as_str()).filter(|heir| {
            let heir = &self.model[*heir];
            let same = self.contacts[&heir.id] == self.contacts[&self.model[named].id];
            same && heir.submission.is_none()
        });
        Some(heir.unwrap_or(named))
    }

    async fn step(&mut self, step: Step) {
        match step {
            Step::Open { user, by_email, asked } => self.open(user, by_email, asked).await,
            Step::Renew { which, asked } => self.renew(which, asked).await,
            Step::Issue { which, attempt } => self.issue(which, attempt).await,
            Step::Tell { which, news } => {
                let Some(place) = self.place(which) else { return };
                let id = self.model[place].id;
                self.store.record(id, news.clone(), self.now(), rules()).await.unwrap().unwrap();
                self.tell(place, news);
            }
            Step::Keep(statement) => self.keep(&statement).await,
            Step::ApplyDue => self.apply_due().await,
            Step::Settle { asked, says } => self.settle(asked, &says).await,
            Step::ExpireDue => {
                self.store.expire_due(self.now(), 100, rules()).await.unwrap();
                for place in 0..self.model.len() {
                    if self.model[place].lapses_at(&rules()).is_some_and(|it| it <= self.now()) {
                        self.tell(place, News::TimePassed);
                    }
                }
            }
            Step::LetGo { hours } => self.let_go(hours).await,
            Step::Erase { user } => self.erase(user).await,
            Step::ForgetErased => self.forget_erased().await,
            Step::Restart => self.restart().await,
        }
    }

    async fn open(&mut self, user: usize, by_email: bool, asked: bool) {
        let mut wish = wanted(USERS[user]);
        if by_email {
            wish.contact = email("someone@example.com");
        }
        let current = self.open_of(USERS[user]);
        if let Some(current) = current {
            self.tell(current, News::TimePassed);
        }
        let current = current.filter(|current| !self.model[*current].status.is_closed());
        let opened = self.store.open(wish.clone(), asked, self.now(), rules()).await.unwrap();
        let Some(current) = current else { return self.begun(opened, wish) };
        if self.contacts[&self.model[current].id] == wish.contact.contact {
            return self.admitted(current, &wish, asked, opened);
        }
        self.tell(current, News::Superseded);
        if self.model[current].status.is_closed() {
            self.begun(opened, wish);
        } else {
            assert_eq!(kind(&opened), "captured");
        }
    }

    fn begun(&mut self, opened: Opened, wish: Wanted) {
        assert_eq!(kind(&opened), "attempt");
        let Opened::Attempt(verification, _) = opened else { return };
        assert_eq!((verification.status, verification.attempts.len()), (Status::Pending, 1));
        self.contacts.insert(verification.id, wish.contact.contact);
        self.model.push(verification);
    }

    fn admitted(&mut self, place: usize, wish: &Wanted, asked: bool, opened: Opened) {
        let moment = Moment { at: self.now(), policy: rules(), newer_open: false };
        let verification = &self.model[place];
        let redirects = wish.redirects.as_ref();
        let expected = match verification.admit(wish.channel, redirects, asked, &moment) {
            Admission::Resume(_) => "resumed",
            Admission::Underway => "underway",
            Admission::Captured => "captured",
            Admission::AskFirst => "ask first",
            Admission::Attempt => "attempt",
        };
        assert_eq!(kind(&opened), expected);
        self.attempted(place, opened);
    }

    /// The store alone makes up session ids.
    fn attempted(&mut self, place: usize, opened: Opened) {
        if let Opened::Attempt(verification, session) = opened {
            let newest = verification.attempts.last().unwrap();
            assert_eq!((&newest.session, newest.created_at), (&session, self.now()));
            let attempt = Attempt { session, ..newest.clone() };
            self.tell(place, News::AttemptMade(attempt));
        }
    }

    async fn renew(&mut self, which: usize, asked: bool) {
        let Some(place) = self.place(which) else { return };
        let (id, user) = (self.model[place].id, self.model[place].user.clone());
        let renewed = self.store.renew(id, user, asked, self.now(), rules()).await.unwrap();
        self.tell(place, News::TimePassed);
        let opened = renewed.unwrap();
        assert_eq!(kind(&opened) == "closed", self.model[place].status.is_closed());
        assert_ne!(kind(&opened), "resumed", "a fresh one was asked for");
        self.attempted(place, opened);
    }

    async fn issue(&mut self, which: usize, attempt: usize) {
        let Some(place) = self.place(which) else { return };
        let verification = &self.model[place];
        let attempt = &verification.attempts[attempt % verification.attempts.len()];
        let expires = self.now() + SignedDuration::from_hours(20);
        let issued = credential("canary-sdk-token", expires);
        let news = News::AttemptIssued(attempt.session.clone(), issued);
        let id = verification.id;
        self.store.record(id, news.clone(), self.now(), rules()).await.unwrap().unwrap();
        self.tell(place, news);
    }

    async fn keep(&mut self, statement: &Statement) {
        let said = self.statement(statement);
        let is_kept_out = self.is_kept_out(&said);
        let id = self.store.keep_callback(callback(&said, self.minutes)).await.unwrap();
        if is_kept_out {
            return;
        }
        let now = self.now();
        let known = *self.bodies.entry(said.body.expose().clone()).or_insert(id);
        assert_eq!(known, id, "a body that comes again is the same callback");
        match self.kept.iter_mut().find(|it| it.id == id) {
            Some(kept) if kept.parked => (kept.parked, kept.due) = (false, Some(now)),
            Some(_) => {}
            None => {
                let (tries, parked, due) = (0, false, Some(now));
                self.kept.push(Kept { id, report: said, tries, parked, due, tied: None });
            }
        }
    }

    async fn apply_due(&mut self) {
        let now = self.now();
        let due = self.store.due_callbacks(now, 100).await.unwrap();
        let mut expected: Vec<_> =
            self.kept.iter().filter(|it| it.due.is_some_and(|due| due <= now)).collect();
        expected.sort_by_key(|it| it.id);
        let mut ids: Vec<_> = due.iter().map(|it| it.id).collect();
        ids.sort();
        assert_eq!(ids, expected.iter().map(|it| it.id).collect::<Vec<_>>());
        for callback in due {
            let place = self.kept.iter().position(|it| it.id == callback.id).unwrap();
            let said = self.kept[place].report.clone();
            assert_eq!(callback.body, said.body);
            let outcome =
                self.store.apply_callback(callback.id, said.clone(), now, rules()).await.unwrap();
            let owner = self.owner(&said);
            let kept = &mut self.kept[place];
            if let Some(owner) = owner {
                (kept.parked, kept.due) = (false, None);
                let owners = self.model[owner].user.as_str();
                let names_owner = said.user.as_ref().is_some_and(|user| user.expose() == owners);
                kept.tied = names_owner.then_some(self.model[owner].id);
                let CallbackOutcome::Applied(recorded) = outcome else { panic!("{outcome:?}") };
                assert_eq!(recorded.verification.id, self.model[owner].id);
                self.tell(owner, News::CalledBack(said));
            } else {
                assert!(matches!(outcome, CallbackOutcome::Orphaned), "{outcome:?}");
                let pause = SignedDuration::from_secs(1 << kept.tries.min(20));
                kept.parked = true;
                kept.due = Some(now + pause.min(SignedDuration::from_hours(1)));
            }
            self.kept[place].tries += 1;
        }
    }

    async fn settle(&mut self, asked: usize, says: &Statement) {
        let Some(asked) = self.place(asked) else { return };
        let (id, said) = (self.model[asked].id, self.statement(says));
        let owner = self.owner(&said);
        let settled = self.store.settle(id, said.clone(), self.now(), rules()).await.unwrap();
        let settled = settled.unwrap();
        let found = News::DetailsRead(DetailsAnswer::Found(said));
        match owner {
            Some(owner) if owner == asked => {
                assert!(matches!(settled, Settled::Here(_)), "{settled:?}");
                self.tell(owner, found);
            }
            Some(owner) => {
                let Settled::Elsewhere { owner: taken, .. } = settled else {
                    panic!("{settled:?}")
                };
                assert_eq!(taken.verification.id, self.model[owner].id);
                self.tell(owner, found);
                self.tell(asked, News::DetailsRead(DetailsAnswer::Elsewhere));
            }
            None => {
                assert!(matches!(settled, Settled::Nowhere(_)), "{settled:?}");
                self.tell(asked, News::DetailsRead(DetailsAnswer::NotReadable));
            }
        }
    }

    /// Nobody knows how the calls went that were under way.
    async fn restart(&mut self) {
        self.store.close().await;
        self.store = self.folder.open().await;
        let again = self.store.reapply_erasures(Hold::default(), self.now()).await.unwrap();
        assert_eq!(again, 0, "what was erased is gone, and what came after stays");
        self.store.recover(self.now(), rules()).await.unwrap();
        for place in 0..self.model.len() {
            let lost: Vec<_> = self.model[place]
                .attempts
                .iter()
                .filter(|it| it.state == AttemptState::Initiating)
                .map(|it| it.session.clone())
                .collect();
            for session in lost {
                self.tell(place, News::AttemptLost(session));
            }
        }
    }

    /// The store holds what the model holds; and no user has two open ones.
    async fn compare(&self, step: &str) {
        for expected in &self.model {
            let found = self.store.find(expected.id).await.unwrap().unwrap();
            assert_eq!(format!("{found:#?}"), format!("{expected:#?}"), "after {step}");
            assert_eq!(found.contact, expected.contact, "after {step}");
        }
        for user in USERS {
            let open = |it: &&Verification| it.user.as_str() == user && !it.status.is_closed();
            assert!(self.model.iter().filter(open).count() <= 1, "two open after {step}");
        }
        let waiting = self.kept.iter().filter(|it| !it.parked && it.due.is_some()).count();
        assert_eq!(self.store.pending_callbacks().await.unwrap(), waiting, "after {step}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        failure_persistence: None,
        max_shrink_iters: 200,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_holds_what_a_simple_model_of_it_holds(
        steps in prop::collection::vec((any_step(), prop_oneof![4 => 0_i64..3, 1 => 0_i64..1_300]), 1..40),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut bed = Bed::new().await;
            for (step, pause) in steps {
                bed.minutes += pause;
                let told = format!("{step:?}");
                bed.step(step).await;
                bed.compare(&told).await;
            }
            bed.store.close().await;
        });
    }
}
