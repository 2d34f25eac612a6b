//! What is remembered, sealed; one trait a file, one folder a backend.
