-- check: mean_load_is_the_energy_of_the_hour fail
SELECT region_id, hour_start, average_load_kw, energy_kw_min FROM ads.region_load_curve
WHERE average_load_kw <> CAST(energy_kw_min / 60 AS DECIMAL(20,6))

-- check: an_hour_of_day_comes_once_but_in_autumn fail
SELECT region_id, dt, hour_of_day, COUNT(*) AS hours FROM ads.region_load_curve
GROUP BY region_id, dt, hour_of_day HAVING COUNT(*) > 2
