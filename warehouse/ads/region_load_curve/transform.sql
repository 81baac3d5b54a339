SELECT
  h.region_id, h.hour_start, h.dt, grid_hour_of_day(h.hour_start) AS hour_of_day, g.name AS region_name,
  h.energy_kwh AS average_load_kw, h.energy_kw_min, h.readings
FROM dws.region_hour AS h
LEFT JOIN dim.region_current AS g ON h.region_id = g.region_id
