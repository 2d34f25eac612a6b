-- When the first credential that is held ends; NULL while none is. Those that are there already have
-- the default, so that not all rows are written at once: they are looked at a few at a time, and then
-- have the true one.
ALTER TABLE verifications ADD COLUMN credentials_end INTEGER DEFAULT 0;
CREATE INDEX verifications_with_credentials ON verifications (credentials_end)
    WHERE credentials_end IS NOT NULL;

-- Whether the contact's value was let go of. 2: it could not be, because the row is damaged.
ALTER TABLE verifications ADD COLUMN contact_gone INTEGER NOT NULL DEFAULT 0
    CHECK (contact_gone BETWEEN 0 AND 2);
CREATE INDEX verifications_with_contact ON verifications (updated_at)
    WHERE closed > 0 AND contact_gone = 0;
