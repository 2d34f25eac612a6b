//! What handlers share.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix_web::{HttpRequest, web};

use super::{
    address::TrustedProxies, connection::Crowd, error::ApiError, limiter::Limiter,
    origins::Origins, problem::ProblemType, rush::Rush,
};
use crate::{
    auth::{CallbackGate, TokenVerifier},
    usecase::Ports,
};

/// One gateway's state, shared by its workers; cheap to clone.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The use cases' way to the world.
    pub ports: Ports,
    /// Proves users and back ends.
    pub tokens: Arc<TokenVerifier>,
    /// Proves the provider.
    pub gate: Arc<CallbackGate>,
    /// Whose word about a caller's address is believed.
    pub proxies: Arc<TrustedProxies>,
    /// Whose pages may call.
    pub origins: Arc<Origins>,
    /// How often a caller may call.
    pub limiter: Arc<Limiter>,
    /// How many callers are connected.
    pub crowd: Arc<Crowd>,
    /// How many starts there was no room for.
    pub rush: Arc<Rush>,
    /// How much a caller may send, and how slowly.
    pub limits: Limits,
    /// Callers reach the gateway by https, and are told to stay with it.
    pub https: bool,
    /// The gateway is about to stop: connections are not kept.
    pub draining: Arc<AtomicBool>,
}

/// How much a caller may send, and how slowly.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a request body.
    pub body: usize,
    /// Bytes of a callback.
    pub callback_body: usize,
    /// How long a body may take to arrive whole.
    pub body_deadline: Duration,
}

impl AppState {
    /// The state of the gateway that `request` came to.
    pub(crate) fn of(request: &HttpRequest) -> Result<&Self, ApiError> {
        let state = request.app_data::<web::Data<Self>>().map(web::Data::get_ref);
        let told = "The operator has been told.";
        state.ok_or_else(|| ApiError::new(ProblemType::InternalError, told))
    }

    /// Whether the gateway is about to stop.
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }
}
