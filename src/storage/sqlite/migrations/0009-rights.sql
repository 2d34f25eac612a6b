-- Which verification took a callback in, so that both can be destroyed together; NULL for those that
-- wait, and for those that name another user than that verification's.
ALTER TABLE callbacks ADD COLUMN verification BLOB
    CHECK (verification IS NULL OR length(verification) = 16);
UPDATE callbacks SET verification = coalesce(
    (SELECT id FROM verifications WHERE submission_hash = callbacks.submission_hash),
    (SELECT verifications.id FROM verifications JOIN sessions ON verification = number
         WHERE session_hash = callbacks.session_hash))
WHERE state = 'done';
UPDATE callbacks SET verification = NULL
WHERE verification IS NOT NULL AND user_hash <>
    (SELECT user_hash FROM verifications WHERE id = callbacks.verification);
CREATE INDEX callbacks_of_verification ON callbacks (verification)
    WHERE verification IS NOT NULL;
-- Few; without them an erasure would have to look at all that are done.
CREATE INDEX callbacks_strays ON callbacks (id) WHERE state = 'done' AND verification IS NULL;

CREATE INDEX idempotency_of_verification ON idempotency (verification)
    WHERE verification IS NOT NULL;
CREATE INDEX returns_of_verification ON returns (verification);
CREATE INDEX contact_proofs_of_verification ON contact_proofs (verification);
CREATE INDEX webhook_deliveries_of_verification ON webhook_deliveries (verification);

-- Keyed hashes of users, sessions and submissions that were erased: what comes late for one of them
-- is not kept.
CREATE TABLE tombstones (
    hash  BLOB NOT NULL PRIMARY KEY,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tombstones_until ON tombstones (until);

-- What is left of callbacks that came for somebody who was erased.
CREATE TABLE late_callbacks (
    body_hash       BLOB NOT NULL PRIMARY KEY,
    session_hash    BLOB,
    submission_hash BLOB,
    user_hash       BLOB,
    -- The provider's word if we know it, else 'OTHER'.
    status          TEXT NOT NULL,
    deliveries      INTEGER NOT NULL,
    received_at     INTEGER NOT NULL,
    last_at         INTEGER NOT NULL,
    until           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX late_callbacks_until ON late_callbacks (until);

-- What the law makes the partner keep of verifications that were erased. Nothing but an export reads
-- it.
CREATE TABLE held (
    number       INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_hash    BLOB NOT NULL,
    -- The classes, with blanks between.
    classes      TEXT NOT NULL,
    erased_at    INTEGER NOT NULL,
    until        INTEGER NOT NULL,
    key_id       TEXT NOT NULL,
    data_key     BLOB NOT NULL,
    body         BLOB NOT NULL
) STRICT;
CREATE INDEX held_of_user ON held (user_hash);
CREATE INDEX held_until ON held (until);

-- What is looked for when its time may be over.
CREATE INDEX submission_bodies_recorded ON submission_bodies (recorded_at);
CREATE INDEX verifications_ageing ON verifications (updated_at) WHERE closed > 0;
