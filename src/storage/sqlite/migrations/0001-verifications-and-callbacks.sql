-- Plain columns hold what is searched by: random ids, keyed hashes, states, times in milliseconds.
-- Everything personal or secret is sealed under the data key of its row (`data_key`, itself sealed
-- by the key ring's key `key_id`).

-- The keys this database was sealed with, so that another ring is refused before it does harm.
CREATE TABLE key_checks (
    key_id TEXT NOT NULL PRIMARY KEY,
    use    TEXT NOT NULL CHECK (use IN ('wrap', 'index')),
    proof  BLOB NOT NULL
) STRICT;

-- One row, written to prove that a write is durable.
CREATE TABLE pulse (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    beats INTEGER NOT NULL
) STRICT;
INSERT INTO pulse (id, beats) VALUES (1, 0);

-- A verification is one row, so that every event reads and writes one place.
CREATE TABLE verifications (
    number              INTEGER PRIMARY KEY,
    id                  BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    user_hash           BLOB NOT NULL,
    contact_hash        BLOB NOT NULL,
    -- 0 while it is open, its own number once it is closed: see `verifications_of_user`.
    closed              INTEGER NOT NULL CHECK (closed IN (0, number)),
    created_at          INTEGER NOT NULL,
    deadline            INTEGER NOT NULL,
    status              TEXT NOT NULL,
    reason              TEXT,
    revision            INTEGER NOT NULL,
    -- How many of its attempts brought a credential.
    issued              INTEGER NOT NULL,
    -- What somebody is at: 1, an attempt is being made; 2, the provider is being asked (then
    -- `next_read_at` is when another may); 3, both.
    under_way           INTEGER NOT NULL CHECK (under_way BETWEEN 0 AND 3),
    captured            INTEGER NOT NULL,
    credential_failed   INTEGER NOT NULL,
    settled_unconfirmed INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    read_tries          INTEGER NOT NULL,
    -- When the provider is to be asked, when time alone changes something, and the earlier of the
    -- two; NULL for never.
    next_read_at        INTEGER,
    lapses_at           INTEGER,
    due_at              INTEGER,
    submission_hash     BLOB,
    key_id              TEXT NOT NULL,
    data_key            BLOB NOT NULL,
    -- Sealed: what never changes; its attempts; what the provider said so far.
    identity            BLOB NOT NULL,
    attempts            BLOB NOT NULL,
    progress            BLOB
) STRICT;

-- A user has any number of closed verifications and at most one open one.
CREATE UNIQUE INDEX verifications_of_user ON verifications (user_hash, closed);
-- A submission belongs to one verification.
CREATE UNIQUE INDEX verifications_submission ON verifications (submission_hash)
    WHERE submission_hash IS NOT NULL;
CREATE INDEX verifications_due ON verifications (due_at) WHERE due_at IS NOT NULL;
-- For the next start of the gateway to find.
CREATE INDEX verifications_under_way ON verifications (under_way) WHERE under_way > 0;

-- A session names one attempt of one verification for ever: its row outlives what it named.
CREATE TABLE sessions (
    session_hash BLOB NOT NULL PRIMARY KEY,
    verification INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The provider's newest statement as it came. Apart from its verification: it is large and rarely
-- asked for.
CREATE TABLE submission_bodies (
    verification INTEGER PRIMARY KEY REFERENCES verifications (number) ON DELETE CASCADE,
    recorded_at  INTEGER NOT NULL,
    body         BLOB NOT NULL
) STRICT;

CREATE TABLE timeline (
    verification INTEGER NOT NULL REFERENCES verifications (number) ON DELETE CASCADE,
    revision     INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    kind         TEXT NOT NULL,
    status       TEXT NOT NULL,
    detail       TEXT
) STRICT;
CREATE INDEX timeline_of_verification ON timeline (verification);

CREATE TABLE callbacks (
    number          INTEGER PRIMARY KEY,
    id              BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    -- A body that comes again is counted, not kept again.
    body_hash       BLOB NOT NULL UNIQUE,
    session_hash    BLOB,
    submission_hash BLOB,
    user_hash       BLOB,
    key_id          TEXT NOT NULL,
    data_key        BLOB NOT NULL,
    -- pending: to be applied; parked: names nothing of ours so far; done; aside: unreadable.
    state           TEXT NOT NULL CHECK (state IN ('pending', 'parked', 'done', 'aside')),
    tries           INTEGER NOT NULL,
    deliveries      INTEGER NOT NULL,
    received_at     INTEGER NOT NULL,
    last_at         INTEGER NOT NULL,
    -- When it is to be applied; NULL for never.
    due_at          INTEGER
) STRICT;
CREATE INDEX callbacks_due ON callbacks (due_at, state) WHERE due_at IS NOT NULL;

-- Apart from their rows, which change while these stay.
CREATE TABLE callback_bodies (
    callback INTEGER PRIMARY KEY REFERENCES callbacks (number) ON DELETE CASCADE,
    body     BLOB NOT NULL
) STRICT;
