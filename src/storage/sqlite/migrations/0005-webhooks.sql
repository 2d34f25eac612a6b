-- The endpoints of the settings, so that a change can leave its webhooks without asking for them.
CREATE TABLE webhook_endpoints (
    id          TEXT NOT NULL PRIMARY KEY,
    -- Keyed; many an address is a secret. Another one enables the endpoint.
    url_hash    BLOB NOT NULL,
    -- What it is told, with blanks between and around.
    events      TEXT NOT NULL,
    -- Since when nothing is sent there, because it answered 410; NULL for never.
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

-- Webhooks, a row for each change and endpoint: ids, words of fixed vocabularies, times. The body
-- is made of them when it is sent, and nothing personal is in it.
CREATE TABLE webhook_deliveries (
    number       INTEGER PRIMARY KEY,
    id           BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
    endpoint     TEXT NOT NULL,
    event        TEXT NOT NULL,
    verification BLOB NOT NULL CHECK (length(verification) = 16),
    status       TEXT NOT NULL,
    reason       TEXT,
    revision     INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    occurred_at  INTEGER NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('pending', 'delivered', 'dead')),
    tries        INTEGER NOT NULL,
    -- When it is to be sent; NULL for never.
    due_at       INTEGER,
    -- The last try.
    tried_at     INTEGER,
    outcome      TEXT,
    http_status  INTEGER
) STRICT;
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint, due_at)
    WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_of_state ON webhook_deliveries (state, id);
CREATE INDEX webhook_deliveries_occurred ON webhook_deliveries (occurred_at);
