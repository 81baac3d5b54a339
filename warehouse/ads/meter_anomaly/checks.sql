-- check: kind_is_known fail
SELECT meter_id, dt, kind FROM ads.meter_anomaly WHERE kind NOT IN ('silence', 'flat_line', 'jump', 'reverse_flow')

-- check: observed_reaches_the_threshold fail
SELECT meter_id, dt, kind, observed, threshold FROM ads.meter_anomaly WHERE observed < threshold
