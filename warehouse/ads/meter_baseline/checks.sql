-- check: a_mean_has_days_and_a_deviation_two fail
SELECT meter_id, dt, earlier_days, mean_kwh, deviation_kwh FROM ads.meter_baseline
WHERE earlier_days > 28 OR (earlier_days = 0) <> (mean_kwh IS NULL) OR (earlier_days < 2) <> (deviation_kwh IS NULL)
