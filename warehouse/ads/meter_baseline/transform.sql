SELECT
  d.meter_id, d.dt, d.energy_kw_min, d.energy_kwh,
  COUNT(e.energy_kw_min) AS earlier_days,
  CAST(CAST(SUM(e.energy_kw_min) AS DECIMAL(20,3)) / (60 * COUNT(e.energy_kw_min)) AS DECIMAL(20,6)) AS mean_kwh,
  CAST(STDDEV_SAMP(CAST(e.energy_kw_min AS DOUBLE)) / 60 AS DECIMAL(20,6)) AS deviation_kwh
FROM dws.meter_day AS d
LEFT JOIN dws.meter_day AS e ON d.meter_id = e.meter_id
  AND datediff(to_date(d.dt), to_date(e.dt)) BETWEEN 1 AND 28
GROUP BY d.meter_id, d.dt, d.energy_kw_min, d.energy_kwh
