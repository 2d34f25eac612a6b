//! A disk that does not keep up: starts give way while there is still room for callbacks.

use std::sync::Arc;

use futures_util::{FutureExt as _, future::join_all};
use gerbang::{
    domain::{
        AllowList, AppId, BackendCaller, Channel, Contact, ContactSource, Locale, PhoneNumber, Pii,
        Policy, Retention, Scope, Tasks, UserId, VerificationReference, VerifiedContact,
    },
    storage::{CallbackFingerprint, KeySource, NewCallback, Options, open as open_store},
    usecase::{
        Admission, Error, Parts, Ports, RedirectRules,
        verification::{OnBehalf, StartRequest, start_for},
    },
};
use jiff::SignedDuration;
use rusqlite::Connection;

use crate::{
    provider::{client, settings},
    support::{ManualClock, NoImages, PATIENCE},
};

async fn start(ports: &Ports) -> Result<(), Error> {
    let caller = BackendCaller {
        client: AppId::parse("ledger").unwrap(),
        scopes: [Scope::VerificationStart].into(),
        expires_at: gerbang::domain::Clock::now(&ManualClock::new()),
    };
    let contact = VerifiedContact {
        contact: Contact::Phone(PhoneNumber::parse("081234567800").unwrap()),
        reference: VerificationReference::parse("otp-7f31").unwrap(),
        source: ContactSource::Backend,
        verified_at: None,
    };
    let whom = OnBehalf { user: UserId::parse("cust-1").unwrap(), contact };
    let request = StartRequest {
        channel: Channel::Sdk,
        locale: Locale::English,
        redirects: None,
        reference: None,
        consent_reference: None,
    };
    start_for(ports, &caller, whom, request, None).await.map(drop)
}

#[tokio::test]
async fn starts_give_way_to_callbacks_while_the_writer_cannot_keep_up() {
    let folder = tempfile::tempdir().unwrap();
    let (database, clock) = (folder.path().join("gerbang.db"), ManualClock::new());
    let keys = KeySource::Generate(folder.path().join("keys.json"));
    let options = Options { queue: 8, ..Options::new(database.clone(), keys) };
    let store = open_store(options).await.unwrap().store;
    let ports = Ports::new(Parts {
        store: Arc::clone(&store),
        // Nobody is asked here.
        provider: client(&settings("http://127.0.0.1:9"), &clock),
        directory: None,
        images: Arc::new(NoImages),
        couriers: Vec::new(),
        clock: clock.shared(),
        tasks: Tasks::on_current_runtime(),
        policy: Policy::default(),
        retention: Retention::default(),
        redirects: RedirectRules { allowed: AllowList::default(), default: None, through: None },
        sdk: None,
        admission: Admission::new(64, 64, PATIENCE),
        start_deadline: SignedDuration::from_secs(10),
        attempt_deadline: SignedDuration::from_secs(30),
    });
    let keep = |number: usize| {
        store.keep_callback(NewCallback {
            body: Pii::new(number.to_string().into_bytes()),
            fingerprint: CallbackFingerprint::default(),
            received_at: gerbang::domain::Clock::now(&clock),
        })
    };
    let other = Connection::open(database).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();

    // One that the writer is stuck with, and half of what may wait behind it.
    let mut kept = vec![Box::pin(keep(0))];
    while kept.len() < 5 || ports.let_in().is_some() {
        kept.push(Box::pin(keep(kept.len())));
        for one in &mut kept {
            assert!(one.now_or_never().is_none(), "the disk is held");
        }
    }
    let refused = start(&ports).await;
    let mut one_more = Box::pin(keep(100));
    assert!((&mut one_more).now_or_never().is_none(), "it is taken, and waits");
    other.execute_batch("ROLLBACK").unwrap();
    kept.push(one_more);
    let kept = tokio::time::timeout(PATIENCE, join_all(kept)).await.unwrap();

    assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    assert!(kept.iter().all(Result::is_ok), "{kept:?}");
    assert!(ports.let_in().is_some());
}
