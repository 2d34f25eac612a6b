-- Why a callback is set aside; NULL for all others.
ALTER TABLE callbacks ADD COLUMN reason TEXT;
UPDATE callbacks SET reason = 'unreadable' WHERE state = 'aside';
-- What an operator looks at: few among many that are done.
CREATE INDEX callbacks_left ON callbacks (id) WHERE state IN ('parked', 'aside');

-- Since when a result is announced and not confirmed; NULL while none is.
ALTER TABLE verifications ADD COLUMN announced_at INTEGER;
CREATE INDEX verifications_announced ON verifications (announced_at)
    WHERE announced_at IS NOT NULL;
