WITH above AS (SELECT active_power, price FROM dwd.meter_reading WHERE customer_id IS NOT NULL)
SELECT 'readings' AS measure, (SELECT COUNT(*) FROM above) AS upstream, (SELECT SUM(readings) FROM dws.customer_day) AS here
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(active_power) FROM above), (SELECT SUM(energy_kw_min) FROM dws.customer_day)
UNION ALL
SELECT 'cost, EUR/60', (SELECT SUM(active_power * price) FROM above), (SELECT SUM(cost_60) FROM dws.customer_day)
