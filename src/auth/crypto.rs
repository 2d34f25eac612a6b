//! The one implementation of cryptography in this process.

/// Makes aws-lc-rs the provider of TLS and of token signatures. To be called first in `main`, and
/// by whatever else uses either; calling it again changes nothing.
pub fn install_crypto() {
    // Both refuse only if a provider was installed before, and nothing here installs another.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
}
