SELECT 'bills' AS measure, (SELECT COUNT(*) FROM dws.customer_day) AS upstream, (SELECT COUNT(*) FROM ads.customer_daily_bill) AS here
UNION ALL
SELECT 'readings', (SELECT SUM(readings) FROM dws.customer_day), (SELECT SUM(readings) FROM ads.customer_daily_bill)
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(energy_kw_min) FROM dws.customer_day), (SELECT SUM(energy_kw_min) FROM ads.customer_daily_bill)
UNION ALL
SELECT 'energy amount, EUR', (SELECT SUM(CAST(cost_60 / 60 AS DECIMAL(14,2))) FROM dws.customer_day), (SELECT SUM(energy_amount) FROM ads.customer_daily_bill)
