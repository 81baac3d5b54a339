-- check: a_block_has_its_checkpoint fail
SELECT position, state, checkpoint_size, block FROM ads.seal_register
WHERE (block IS NULL) <> (block_hash IS NULL) OR (block IS NOT NULL AND (checkpoint_size IS NULL OR checkpoint_size <= position))

-- check: positions_have_no_gap fail
SELECT COUNT(*) AS seals, MAX(position) AS newest FROM ads.seal_register HAVING COUNT(*) <> MAX(position) + 1
