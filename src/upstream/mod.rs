//! Whom we ask: the provider, and key sets.
