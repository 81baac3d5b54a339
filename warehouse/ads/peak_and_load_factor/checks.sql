-- check: mean_is_not_above_the_peak fail
SELECT region_id, dt, average_load_kw, peak_load_kw FROM ads.peak_and_load_factor WHERE average_load_kw > peak_load_kw

-- check: peak_is_the_highest_hour fail
SELECT p.region_id, p.dt, p.peak_load_kw, h.highest FROM ads.peak_and_load_factor AS p
JOIN (SELECT region_id, dt, MAX(energy_kwh) AS highest FROM dws.region_hour GROUP BY region_id, dt) AS h
  ON p.region_id = h.region_id AND p.dt = h.dt
WHERE p.peak_load_kw <> h.highest
