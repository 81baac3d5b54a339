SELECT 'hours' AS measure, (SELECT COUNT(*) FROM ads.region_load_curve) AS upstream, (SELECT COUNT(*) FROM ads.region_load_by_weekday) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(energy_kw_min) FROM ads.region_load_curve), (SELECT SUM(energy_kw_min) FROM ads.region_load_by_weekday)
