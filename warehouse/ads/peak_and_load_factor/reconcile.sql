SELECT 'energy, kW.min' AS measure, (SELECT SUM(energy_kw_min) FROM dws.region_hour) AS upstream, (SELECT SUM(energy_kw_min) FROM ads.peak_and_load_factor) AS here
UNION ALL
SELECT 'hours', (SELECT COUNT(*) FROM dws.region_hour), (SELECT SUM(hours) FROM ads.peak_and_load_factor)
