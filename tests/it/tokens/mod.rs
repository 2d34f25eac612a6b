//! Access tokens: who is believed, and as whom.
