-- Proofs of contact that were used. A row is kept for as long as its proof might be believed, even
-- if the verification is gone by then: without it the proof would count again.
CREATE TABLE contact_proofs (
    proof_hash   BLOB NOT NULL PRIMARY KEY,
    -- The id of the verification it was used for.
    verification BLOB NOT NULL CHECK (length(verification) = 16),
    until        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX contact_proofs_until ON contact_proofs (until);
