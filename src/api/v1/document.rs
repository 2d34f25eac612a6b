//! The data of a document, for back ends that may read them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::domain::{CertificateRegistration, Document, Pii};

/// The members of a verification that need the scope `verification:read:pii`; without it none is there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DocumentView {
    #[serde(skip_serializing_if = "Option::is_none")]
    ktp_data: Option<BTreeMap<&'static str, String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verification_result: Option<BTreeMap<&'static str, &'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_registration: Option<CertificateView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CertificateView {
    #[serde(skip_serializing_if = "Option::is_none")]
    eligible_to_activate: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    should_skip_activation: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    onboarding_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_id: Option<String>,
}

impl From<Document> for DocumentView {
    fn from(document: Document) -> Self {
        let Document { ktp, checks, certificate } = document;
        Self {
            ktp_data: ktp.map(|fields| {
                let shown = fields.into_iter().map(|(field, it)| (field.as_str(), it.into_inner()));
                shown.collect()
            }),
            verification_result: checks.map(|checks| {
                checks.into_iter().map(|(name, outcome)| (name, outcome.as_str())).collect()
            }),
            certificate_registration: certificate.map(Into::into),
        }
    }
}

impl From<CertificateRegistration> for CertificateView {
    fn from(certificate: CertificateRegistration) -> Self {
        Self {
            eligible_to_activate: certificate.eligible_to_activate,
            should_skip_activation: certificate.should_skip_activation,
            onboarding_code: certificate.onboarding_code,
            registration_id: certificate.registration_id.map(Pii::into_inner),
        }
    }
}
