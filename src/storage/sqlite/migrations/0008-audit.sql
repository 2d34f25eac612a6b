-- Who read which personal data, and what else was done to it: written once, never changed. Nothing
-- personal: the user is a keyed hash. Each row's hash is keyed, and covers the row and the hash of
-- the one before.
CREATE TABLE audit (
    sequence     INTEGER NOT NULL PRIMARY KEY CHECK (sequence > 0),
    at           INTEGER NOT NULL,
    action       TEXT NOT NULL,
    actor        TEXT NOT NULL,
    verification BLOB CHECK (length(verification) = 16),
    user_hash    BLOB,
    detail       TEXT,
    hash         BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
CREATE INDEX audit_of_user ON audit (user_hash, sequence) WHERE user_hash IS NOT NULL;
CREATE INDEX audit_of_verification ON audit (verification, sequence)
    WHERE verification IS NOT NULL;
CREATE INDEX audit_of_action ON audit (action, sequence);

-- Up to where rows were pruned, and the hash the chain goes on from. `proof` is keyed: nobody else
-- can say that rows were pruned.
CREATE TABLE audit_checkpoint (
    id       INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    sequence INTEGER NOT NULL,
    hash     BLOB NOT NULL CHECK (length(hash) = 32),
    proof    BLOB NOT NULL CHECK (length(proof) = 32)
) STRICT;

-- Against our own mistakes; against others the hashes stand.
CREATE TRIGGER audit_follows BEFORE INSERT ON audit
WHEN NEW.sequence IS NOT 1 + coalesce(
    (SELECT max(sequence) FROM audit), (SELECT sequence FROM audit_checkpoint), 0)
BEGIN
    SELECT RAISE(ABORT, 'an audit row follows the last one');
END;
CREATE TRIGGER audit_stays_as_it_is BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE(ABORT, 'an audit row is never changed');
END;
CREATE TRIGGER audit_stays BEFORE DELETE ON audit
WHEN OLD.sequence > coalesce((SELECT sequence FROM audit_checkpoint), 0)
BEGIN
    SELECT RAISE(ABORT, 'an audit row is removed behind a checkpoint only');
END;
CREATE TRIGGER audit_checkpoint_advances BEFORE UPDATE ON audit_checkpoint
WHEN NEW.sequence <= OLD.sequence
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint only advances');
END;
CREATE TRIGGER audit_checkpoint_stays BEFORE DELETE ON audit_checkpoint
BEGIN
    SELECT RAISE(ABORT, 'a checkpoint stays');
END;

-- For searches by status, newest first; ids sort by time.
CREATE INDEX verifications_of_status ON verifications (status, id) WHERE issued > 0;
