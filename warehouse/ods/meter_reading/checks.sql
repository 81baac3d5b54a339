-- check: day_is_the_day_of_the_event fail
SELECT message_id, event_time, dt FROM ods.meter_reading WHERE dt <> {{ macros.local_day('event_time') }}

-- check: a_message_is_a_row_or_a_dead_letter fail
SELECT r.message_id FROM ods.meter_reading AS r JOIN ods.dead_letter AS d ON r.message_id = d.message_id

-- check: arrives_within_two_days warn
SELECT message_id, event_time, kafka_timestamp
FROM ods.meter_reading
WHERE kafka_timestamp > event_time + INTERVAL 2 DAYS AND event_time > current_timestamp() - INTERVAL 2 DAYS
