SELECT
  region_id, hour_start, dt, COUNT(*) AS readings,
  CAST(SUM(active_power) AS DECIMAL(20,3)) AS energy_kw_min,
  CAST(CAST(SUM(active_power) AS DECIMAL(20,3)) / 60 AS DECIMAL(20,6)) AS energy_kwh
FROM (
  SELECT region_id, grid_hour(event_time) AS hour_start, dt, active_power
  FROM dwd.meter_reading
  WHERE region_id IS NOT NULL AND meter_kind = 'customer')
GROUP BY region_id, hour_start, dt
