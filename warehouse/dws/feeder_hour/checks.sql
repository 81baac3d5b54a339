-- check: band_is_part_of_minutes fail
SELECT feeder_id, hour_start, voltage_minutes, voltage_minutes_in_band FROM dws.feeder_hour
WHERE voltage_minutes_in_band > voltage_minutes OR voltage_minutes > head_readings + customer_readings

-- check: an_hour_has_readings fail
SELECT feeder_id, hour_start FROM dws.feeder_hour WHERE head_readings + customer_readings <= 0

-- check: head_meter_sends_every_minute warn
SELECT feeder_id, hour_start, head_readings FROM dws.feeder_hour WHERE head_readings < 60
