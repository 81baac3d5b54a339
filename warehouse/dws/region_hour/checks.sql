-- check: kwh_is_a_sixtieth_of_kw_min fail
SELECT region_id, hour_start, energy_kw_min, energy_kwh FROM dws.region_hour
WHERE energy_kwh <> CAST(energy_kw_min / 60 AS DECIMAL(20,6))

-- check: an_hour_has_no_stale_group fail
SELECT h.region_id, h.hour_start, h.readings FROM dws.region_hour AS h
LEFT JOIN (SELECT DISTINCT region_id, dt FROM dwd.meter_reading WHERE meter_kind = 'customer') AS d
  ON h.region_id = d.region_id AND h.dt = d.dt
WHERE d.region_id IS NULL OR h.readings <= 0
