WITH above AS (SELECT active_power FROM dwd.meter_reading WHERE region_id IS NOT NULL AND meter_kind = 'customer')
SELECT 'readings' AS measure, (SELECT COUNT(*) FROM above) AS upstream, (SELECT SUM(readings) FROM dws.region_hour) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(active_power) FROM above), (SELECT SUM(energy_kw_min) FROM dws.region_hour)
