-- check: its_message_is_in_ods fail
SELECT d.image_id, d.message_id
FROM dwd.image AS d LEFT JOIN ods.image AS o ON d.message_id = o.message_id
WHERE o.message_id IS NULL OR o.image_id <> d.image_id OR o.pack <> d.pack OR o.pack_offset <> d.pack_offset

-- check: a_photograph_is_one_row fail
SELECT image_id, COUNT(*) AS number FROM dwd.image GROUP BY image_id HAVING COUNT(*) > 1

-- check: its_equipment_is_known warn
SELECT image_id, equipment_id, taken_at FROM dwd.image WHERE equipment_name IS NULL
