//! What the gateway does, a file a use case, without a word of HTTP.
