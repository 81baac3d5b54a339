SELECT
  region_id, hour_start, dt, grid_hour_of_day(hour_start) AS hour_of_day, region_name,
  energy_kwh AS average_load_kw, energy_kw_min, readings
FROM (
  SELECT h.*, g.name AS region_name,
    ROW_NUMBER() OVER (PARTITION BY h.region_id, h.hour_start, h.dt ORDER BY g.valid_from DESC NULLS LAST) AS rn
  FROM dws.region_hour AS h
  LEFT JOIN dim.region AS g ON h.region_id = g.region_id AND {{ macros.in_force_at_end('g', 'h.dt') }})
WHERE rn = 1
