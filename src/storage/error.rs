//! How remembering can fail.

/// A failure of the store. None of its texts holds a stored value.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// More writes are waiting than the queue may hold; trying again soon may help.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The store is stopping, or its thread has died.
    #[error("the store is closed")]
    Closed,
    /// The database failed: disk full, locked for too long, damaged.
    #[error("the database failed")]
    Database(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A sealed value could not be opened: wrong key, or changed bytes.
    #[error("a sealed value could not be opened")]
    Sealed,
    /// A stored value could not be read back, named by its column.
    #[error("the stored {0} could not be read")]
    Corrupt(&'static str),
}
