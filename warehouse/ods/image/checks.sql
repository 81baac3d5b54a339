-- check: day_is_the_day_it_was_taken fail
SELECT message_id, taken_at, dt FROM ods.image WHERE dt <> {{ macros.local_day('taken_at') }}

-- check: a_message_is_a_row_or_a_dead_letter fail
SELECT r.message_id FROM ods.image AS r JOIN ods.dead_letter AS d ON r.message_id = d.message_id

-- check: a_photograph_lies_in_one_place fail
SELECT image_id, COUNT(DISTINCT equipment_id, taken_at, size_bytes) AS announced FROM ods.image
GROUP BY image_id HAVING COUNT(DISTINCT equipment_id, taken_at, size_bytes) > 1
