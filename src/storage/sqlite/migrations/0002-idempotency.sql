-- Requests that carry an idempotency key. The hashes are keyed: neither the key nor who sent it nor
-- what it said can be read from them.
CREATE TABLE idempotency (
    number       INTEGER PRIMARY KEY,
    -- Of caller, operation, path and key.
    key_hash     BLOB NOT NULL UNIQUE,
    body_hash    BLOB NOT NULL,
    -- Who is at it; whoever took over after a lease has another one.
    holder       BLOB NOT NULL,
    -- The end of the lease while there is no answer, then the end of the answer.
    until        INTEGER NOT NULL,
    -- With the answer: what it is about, which attempt's credential is in it (NULL for none), and
    -- the answer itself, sealed under the data key of that verification.
    verification BLOB,
    session_hash BLOB,
    answer       BLOB
) STRICT;
CREATE INDEX idempotency_until ON idempotency (until);
