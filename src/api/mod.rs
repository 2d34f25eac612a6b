//! HTTP in, HTTP out: the only room that knows status codes.
