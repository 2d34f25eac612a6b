-- When a key was first seen to seal here. NULL until it was written down, so that a change of keys is
-- in the audit log however it came about: by command, or with a start.
ALTER TABLE key_checks ADD COLUMN used_since INTEGER;
