-- What somebody is at is found at the next start of the gateway alone, so it needs no index that
-- every start writes twice: it stands in the index of what is due. What is under way and never due has
-- the end of all time there.
UPDATE verifications SET due_at = 9223372036854775807 WHERE under_way > 0 AND due_at IS NULL;
DROP INDEX verifications_under_way;
DROP INDEX verifications_due;
CREATE INDEX verifications_due ON verifications (due_at, under_way) WHERE due_at IS NOT NULL;
