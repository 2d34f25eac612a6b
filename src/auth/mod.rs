//! Proof of who calls: a user's access token, a backend's, the provider's callback.
