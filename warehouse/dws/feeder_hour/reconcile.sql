WITH above AS (SELECT active_power, meter_kind FROM dwd.meter_reading WHERE feeder_id IS NOT NULL)
SELECT 'readings' AS measure, (SELECT COUNT(*) FROM above) AS upstream,
  (SELECT SUM(head_readings + customer_readings) FROM dws.feeder_hour) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(active_power) FROM above),
  (SELECT SUM(supplied_kw_min + delivered_kw_min) FROM dws.feeder_hour)
