//! Keeping a callback before anything is made of it.

use crate::{
    domain::{AsideReason, Pii},
    storage::{CallbackFingerprint, NewCallback},
    usecase::{Error, Ports},
};

/// Keeps a callback durably; only then may the provider be told that we have it.
///
/// One that cannot be read is kept too, set aside for an operator, and answered as an error.
pub async fn receive(ports: &Ports, body: Vec<u8>) -> Result<(), Error> {
    let read = ports.parts.provider.read_callback(&body);
    let fingerprint = read.as_ref().map_or_else(
        |_| CallbackFingerprint::default(),
        |report| CallbackFingerprint {
            session: report.session.clone(),
            submission: Some(report.submission.id.clone()),
            user: report.user.clone(),
            status: Some(report.submission.status.clone()),
        },
    );
    let callback = NewCallback { body: Pii::new(body), fingerprint, received_at: ports.now() };
    // To its end, so that a provider that hangs up does not leave us with half a thought.
    let own = ports.clone();
    let kept = ports.parts.tasks.carry(async move {
        let id = own.store().keep_callback(callback).await?;
        if let Err(unreadable) = read {
            own.store().set_callback_aside(id, AsideReason::Unreadable).await?;
            count("unreadable");
            tracing::warn!(callback.id = %id, error = %unreadable, "a callback cannot be read");
            return Err(Error::from(unreadable));
        }
        count("kept");
        own.callback_kept.notify_one();
        Ok(())
    });
    kept.await
}

pub(super) fn count(outcome: &'static str) {
    metrics::counter!("gerbang_callbacks_total", "outcome" => outcome).increment(1);
}
