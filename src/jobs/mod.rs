//! Work no request asks for: apply, read, expire.
