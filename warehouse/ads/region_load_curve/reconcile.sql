SELECT 'readings' AS measure, (SELECT SUM(readings) FROM dws.region_hour) AS upstream, (SELECT SUM(readings) FROM ads.region_load_curve) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(energy_kw_min) FROM dws.region_hour), (SELECT SUM(energy_kw_min) FROM ads.region_load_curve)
