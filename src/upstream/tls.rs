//! Whom our calls trust: the machine's certificate authorities, and the operator's own beside them.
//!
//! Read once, whichever thread makes a call: the machine's list is some hundred certificates.

use std::sync::Arc;

use rustls::{
    ClientConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use super::error::SetupError;
use crate::config::TextFile;

/// The TLS settings of every connection.
pub(super) fn config(extra: Option<&TextFile>) -> Result<ClientConfig, SetupError> {
    let provider = CryptoProvider::get_default().cloned();
    let provider = provider.unwrap_or_else(|| Arc::new(aws_lc_rs::default_provider()));
    let extra = extra.map(|file| certificates(&file.text)).transpose()?.unwrap_or_default();
    let verifier = Verifier::new_with_extra_roots(extra, Arc::clone(&provider));
    let verifier = verifier.map_err(SetupError::Tls)?;
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(SetupError::Tls)?
        // The library calls every verifier that is not its own dangerous; this one is the system's.
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, SetupError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    read.ok().filter(|all| !all.is_empty()).ok_or(SetupError::Certificates)
}
