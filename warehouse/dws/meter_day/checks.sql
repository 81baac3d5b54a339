-- check: minutes_lie_in_the_day fail
SELECT meter_id, dt, first_minute, last_minute FROM dws.meter_day
WHERE first_minute < 0 OR last_minute < first_minute OR last_minute >= 1500

-- check: no_more_readings_than_minutes warn
SELECT meter_id, dt, readings FROM dws.meter_day WHERE readings > last_minute - first_minute + 1
