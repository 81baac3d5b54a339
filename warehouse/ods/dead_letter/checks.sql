-- check: reason_says_something fail
SELECT message_id, reason FROM ods.dead_letter WHERE length(trim(reason)) = 0

-- check: day_is_the_day_of_arrival fail
SELECT message_id, kafka_timestamp, dt FROM ods.dead_letter WHERE dt <> {{ macros.local_day('kafka_timestamp') }}

-- check: less_than_one_message_in_twenty_is_refused warn
SELECT topic, refused, accepted
FROM (
  SELECT d.topic, d.refused, COALESCE(r.accepted, 0) AS accepted
  FROM (SELECT topic, COUNT(*) AS refused FROM ods.dead_letter GROUP BY topic) AS d
  LEFT JOIN (SELECT topic, COUNT(*) AS accepted FROM ods.meter_reading GROUP BY topic) AS r ON d.topic = r.topic)
WHERE refused * 20 > refused + accepted
