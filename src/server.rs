//! The composition root: builds the parts, binds, runs, drains.
