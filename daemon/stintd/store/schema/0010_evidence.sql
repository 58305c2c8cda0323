-- An instant of the evidence that an automatic entry rests on: it says which island of evidence the entry belongs to. The entry itself
-- may begin long before (an estimate before a commit), in the window of another island. NULL: not known, for parts of an estimate that
-- an entry by hand cut off.
ALTER TABLE entry ADD COLUMN evidence_us INTEGER;
UPDATE entry SET evidence_us = last_evidence_us WHERE origin = 'auto' AND NOT (is_estimated = 1 AND last_evidence_us = end_us);
