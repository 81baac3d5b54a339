SELECT 'days' AS measure, (SELECT COUNT(*) FROM dws.meter_day) AS upstream, (SELECT COUNT(*) FROM ads.meter_baseline) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(energy_kw_min) FROM dws.meter_day), (SELECT SUM(energy_kw_min) FROM ads.meter_baseline)
