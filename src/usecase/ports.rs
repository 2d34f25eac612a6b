//! What use cases reach the world through.

use std::{fmt, sync::Arc};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Notify;

use super::{
    admission::{Admission, Arrival},
    audit,
    verification::Reading,
    waiters::Waiters,
};
use crate::{
    domain::{Alarm, AllowList, Chain, Clock, Effect, Policy, RedirectUrls, Retention, Tasks},
    storage::Store,
    upstream::{Courier, Directory, Images, Provider},
};

/// Everything a use case may touch; cheap to clone. The fields are for use cases alone: a handler
/// or a job calls a use case and nothing deeper.
#[derive(Clone)]
pub struct Ports {
    pub(super) parts: Arc<Parts>,
    pub(super) waiters: Waiters,
    /// Whose details are being read.
    pub(super) reading: Reading,
    /// A callback was kept.
    pub(super) callback_kept: Arc<Notify>,
    /// A details read is due at once.
    pub(super) read_due: Arc<Notify>,
    /// The key ring was taken up anew.
    pub(super) keys_changed: Arc<Notify>,
    /// Something was erased.
    pub(super) erased: Arc<Notify>,
}

/// What the composition root puts in.
pub struct Parts {
    /// What is remembered.
    pub store: Arc<dyn Store>,
    /// Whom we ask.
    pub provider: Arc<dyn Provider>,
    /// Who knows the users' contacts, if anybody is to be asked.
    pub directory: Option<Arc<dyn Directory>>,
    /// Who fetches pictures, if anybody does.
    pub images: Arc<dyn Images>,
    /// Who takes webhooks to the partner's back ends, one an endpoint.
    pub couriers: Vec<Arc<dyn Courier>>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Work that outlives a request.
    pub tasks: Tasks,
    /// When things happen.
    pub policy: Policy,
    /// How long what is held.
    pub retention: Retention,
    /// Where browsers may be sent.
    pub redirects: RedirectRules,
    /// What the native SDK has to be told, where that channel is configured.
    pub sdk: Option<SdkEndpoint>,
    /// How many start at once.
    pub admission: Admission,
    /// How long a caller waits for a start.
    pub start_deadline: SignedDuration,
    /// How long one call to the provider may go on, whether somebody waits or not.
    pub attempt_deadline: SignedDuration,
}

/// Where browsers may be sent afterwards.
#[derive(Clone, Debug)]
pub struct RedirectRules {
    /// The operator's list.
    pub allowed: AllowList,
    /// Used when the app names none.
    pub default: Option<RedirectUrls>,
    /// The gateway's own address, where browsers come first; `None`: they go straight to the app.
    pub through: Option<String>,
}

/// What an app passes to the native SDK beside its token.
#[derive(Clone, Debug)]
pub struct SdkEndpoint {
    /// The SDK's `baseUrl`.
    pub base_url: String,
    /// The SDK's environment.
    pub environment: String,
}

impl Ports {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self {
            parts: Arc::new(parts),
            waiters: Waiters::default(),
            reading: Reading::default(),
            callback_kept: Arc::default(),
            read_due: Arc::default(),
            keys_changed: Arc::default(),
            erased: Arc::default(),
        }
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// Ends when [`Ports::now`] has reached `at`.
    pub async fn sleep_until(&self, at: Timestamp) {
        self.parts.clock.sleep_until(at).await;
    }

    /// What the native SDK has to be told.
    pub fn sdk(&self) -> Option<&SdkEndpoint> {
        self.parts.sdk.as_ref()
    }

    /// Whether the store would take a write now.
    pub async fn is_writable(&self) -> bool {
        self.parts.store.writable().await.is_ok()
    }

    /// Lets one more in who wants to start; `None`: it would be refused, whoever asks for what.
    /// Callbacks go first: they are taken for as long as there is room at all.
    pub fn let_in(&self) -> Option<Arrival> {
        let is_pressed = self.parts.store.is_pressed();
        self.parts.admission.arrive().filter(|_| !is_pressed)
    }

    /// Lets the store finish and closes it; nothing is remembered after this.
    pub async fn close(&self) {
        // What is written after the last turn of the job is told as well.
        if let Err(failure) = audit::tell_head(self, None).await {
            tracing::error!(error = %Chain::of(&failure), "where the audit log stands is not known");
        }
        self.parts.store.close().await;
    }

    pub(super) fn store(&self) -> &dyn Store {
        self.parts.store.as_ref()
    }

    pub(super) fn policy(&self) -> Policy {
        self.parts.policy
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ports").finish_non_exhaustive()
    }
}

/// Tells operators what an event brought to light.
pub(super) fn raise_alarms(id: impl fmt::Display, effect: &Effect) {
    for alarm in &effect.alarms {
        let name = Alarm::as_str(*alarm);
        tracing::warn!(verification.id = %id, alarm = name, "a verification needs a look");
        metrics::counter!("gerbang_alarms_total", "alarm" => name).increment(1);
    }
}
