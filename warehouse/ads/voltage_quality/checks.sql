-- check: share_lies_between_0_and_1 fail
SELECT feeder_id, dt, share_in_band FROM ads.voltage_quality WHERE share_in_band < 0 OR share_in_band > 1

-- check: voltage_was_good_95_percent_of_the_time warn
SELECT feeder_id, dt, share_in_band FROM ads.voltage_quality WHERE share_in_band < 0.95
