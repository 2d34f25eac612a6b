//! Typed settings, a file a section, and every mistake of them at once.
