//! Nouns and their rules; made by parsing, never half-valid.
