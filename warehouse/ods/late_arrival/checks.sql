-- check: days_are_in_order fail
SELECT arrival_id, table_name, from_dt, to_dt FROM ods.late_arrival WHERE from_dt > to_dt

-- check: reading_is_in_ods fail
SELECT l.arrival_id FROM ods.late_arrival AS l
LEFT ANTI JOIN ods.meter_reading AS r ON l.arrival_id = r.message_id
WHERE l.table_name = 'ods.meter_reading'
