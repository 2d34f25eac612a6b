-- Ways back from capture through the gateway: the keyed hash of what stands in the address, and the
-- attempt it stands for.
CREATE TABLE returns (
    ref_hash     BLOB NOT NULL PRIMARY KEY,
    verification BLOB NOT NULL,
    session_hash BLOB NOT NULL,
    until        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX returns_until ON returns (until);
