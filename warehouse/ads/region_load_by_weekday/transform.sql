SELECT
  h.region_id, h.hour_start, h.dt, h.hour_of_day, h.energy_kw_min, h.average_load_kw,
  COUNT(e.energy_kw_min) AS earlier_hours,
  CAST(CAST(SUM(e.energy_kw_min) AS DECIMAL(20,3)) / (60 * COUNT(e.energy_kw_min)) AS DECIMAL(20,6)) AS earlier_load_kw
FROM ads.region_load_curve AS h
LEFT JOIN ads.region_load_curve AS e ON h.region_id = e.region_id AND h.hour_of_day = e.hour_of_day
  AND datediff(to_date(h.dt), to_date(e.dt)) IN (7, 14, 21, 28)
GROUP BY h.region_id, h.hour_start, h.dt, h.hour_of_day, h.energy_kw_min, h.average_load_kw
