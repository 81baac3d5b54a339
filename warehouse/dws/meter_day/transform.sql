SELECT
  meter_id, dt, readings, energy_kw_min,
  CAST(energy_kw_min / 60 AS DECIMAL(20,6)) AS energy_kwh,
  shape.first_minute AS first_minute,
  shape.last_minute AS last_minute,
  shape.longest_gap_minutes AS longest_gap_minutes,
  shape.longest_flat_minutes AS longest_flat_minutes,
  shape.largest_step_kw AS largest_step_kw,
  shape.reverse_minutes AS reverse_minutes
FROM (
  SELECT meter_id, dt, COUNT(*) AS readings,
    CAST(SUM(active_power) AS DECIMAL(20,3)) AS energy_kw_min,
    meter_day_profile(event_time, grid_day_start(dt), active_power) AS shape
  FROM dwd.meter_reading
  GROUP BY meter_id, dt)
