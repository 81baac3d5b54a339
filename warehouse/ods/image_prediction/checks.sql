-- check: day_is_the_day_it_was_taken fail
SELECT message_id, taken_at, dt FROM ods.image_prediction WHERE dt <> {{ macros.local_day('taken_at') }}

-- check: a_message_is_a_row_or_a_dead_letter fail
SELECT r.message_id FROM ods.image_prediction AS r JOIN ods.dead_letter AS d ON r.message_id = d.message_id

-- check: a_model_says_the_same_each_time warn
SELECT image_id, model_version, COUNT(DISTINCT label, probability, confidence) AS answers FROM ods.image_prediction
GROUP BY image_id, model_version HAVING COUNT(DISTINCT label, probability, confidence) > 1
