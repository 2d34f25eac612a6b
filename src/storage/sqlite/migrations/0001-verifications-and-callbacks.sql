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

CREATE TABLE verifications (
    id                  BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    user_hash           BLOB NOT NULL,
    contact_hash        BLOB NOT NULL,
    key_id              TEXT NOT NULL,
    data_key            BLOB NOT NULL,
    identity            BLOB NOT NULL,
    created_at          INTEGER NOT NULL,
    deadline            INTEGER NOT NULL,
    status              TEXT NOT NULL,
    reason              TEXT,
    revision            INTEGER NOT NULL,
    issued              INTEGER NOT NULL,
    captured            INTEGER NOT NULL,
    credential_failed   INTEGER NOT NULL,
    settled_unconfirmed INTEGER NOT NULL,
    updated_at          INTEGER NOT NULL,
    read_tries          INTEGER NOT NULL,
    -- When the provider is to be asked, and when time alone changes something; NULL for never.
    next_read_at        INTEGER,
    -- Somebody is about to ask; `next_read_at` is then when another may.
    read_claimed        INTEGER NOT NULL DEFAULT 0,
    lapses_at           INTEGER,
    submission_hash     BLOB,
    -- Sealed: what the provider said so far; NULL while it said nothing.
    progress            BLOB
) STRICT;

-- At most one open verification of a user.
CREATE UNIQUE INDEX verifications_open ON verifications (user_hash)
    WHERE status IN ('pending', 'processing', 'partially_completed');
-- `deadline` stands in it so that counting a day's attempts skips the user's past.
CREATE INDEX verifications_of_user ON verifications (user_hash, id, deadline);
-- A submission belongs to one verification.
CREATE UNIQUE INDEX verifications_submission ON verifications (submission_hash)
    WHERE submission_hash IS NOT NULL;
CREATE INDEX verifications_to_read ON verifications (next_read_at) WHERE next_read_at IS NOT NULL;
CREATE INDEX verifications_claimed ON verifications (id) WHERE read_claimed = 1;
CREATE INDEX verifications_lapsing ON verifications (lapses_at) WHERE lapses_at IS NOT NULL;

CREATE TABLE attempts (
    verification BLOB NOT NULL REFERENCES verifications (id) ON DELETE CASCADE,
    number       INTEGER NOT NULL,
    session_hash BLOB NOT NULL,
    channel      TEXT NOT NULL,
    state        TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    issued       INTEGER NOT NULL,
    -- Sealed: session, way back, credential.
    content      BLOB NOT NULL,
    PRIMARY KEY (verification, number)
) STRICT;
-- A session names one attempt for ever.
CREATE UNIQUE INDEX attempts_session ON attempts (session_hash);
-- Those under way, for the next start of the gateway to find.
CREATE INDEX attempts_under_way ON attempts (verification) WHERE state = 'initiating';

-- The provider's newest statement as it came. Apart from its verification: it is large and rarely
-- asked for.
CREATE TABLE submission_bodies (
    verification BLOB NOT NULL PRIMARY KEY REFERENCES verifications (id) ON DELETE CASCADE,
    recorded_at  INTEGER NOT NULL,
    body         BLOB NOT NULL
) STRICT;

CREATE TABLE timeline (
    verification BLOB NOT NULL REFERENCES verifications (id) ON DELETE CASCADE,
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
CREATE INDEX callbacks_due ON callbacks (state, due_at) WHERE due_at IS NOT NULL;

-- Apart from their rows, which change while these stay.
CREATE TABLE callback_bodies (
    callback INTEGER PRIMARY KEY REFERENCES callbacks (number) ON DELETE CASCADE,
    body     BLOB NOT NULL
) STRICT;
