//! What initiate-flow is asked.

use bytes::Bytes;

use super::wire::{AdditionalDetails, DataVerification, InitiateFlowRequest, Proof};
use crate::{
    domain::{Channel, Contact, RedirectUrls},
    upstream::{error::UpstreamError, provider::InitiateFlow},
};

/// The one flow we start: document, selfie, registry check and certificate in one.
const FLOW: &str = "STANDALONE_IDENTITY_VERIFICATION";

/// The body of the request.
pub(super) fn body(flow: &InitiateFlow) -> Result<Bytes, UpstreamError> {
    let proof = Proof { is_verified: true, verification_reference_id: flow.reference.as_str() };
    let (phone, email) = match &flow.contact {
        Contact::Phone(phone) => (Some(phone.expose()), None),
        Contact::Email(email) => (None, Some(email.expose())),
    };
    let request = InitiateFlowRequest {
        flow: FLOW,
        source: match flow.channel {
            Channel::Sdk => "SDK",
            Channel::Web => "WEB_SDK",
        },
        success_redirection_url: flow.redirects.as_ref().map(RedirectUrls::success),
        failure_redirection_url: flow.redirects.as_ref().map(RedirectUrls::failure),
        additional_details: AdditionalDetails {
            phone_number: phone,
            email,
            data_verification: DataVerification {
                phone_number: phone.map(|_| proof),
                email: email.map(|_| proof),
            },
            user_locale: flow.locale.as_str(),
        },
    };
    serde_json::to_vec(&request)
        .map(Bytes::from)
        .map_err(|_| UpstreamError::Misconfigured("the request cannot be written as JSON"))
}
