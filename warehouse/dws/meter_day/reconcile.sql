SELECT 'readings' AS measure, (SELECT COUNT(*) FROM dwd.meter_reading) AS upstream, (SELECT SUM(readings) FROM dws.meter_day) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(active_power) FROM dwd.meter_reading), (SELECT SUM(energy_kw_min) FROM dws.meter_day)
