SELECT 'days' AS measure, (SELECT COUNT(*) FROM dws.customer_day) AS upstream, (SELECT SUM(days) FROM ads.customer_monthly_bill) AS here
UNION ALL
SELECT 'readings', (SELECT SUM(readings) FROM dws.customer_day), (SELECT SUM(readings) FROM ads.customer_monthly_bill)
UNION ALL
SELECT 'energy, kW.min', (SELECT SUM(energy_kw_min) FROM dws.customer_day), (SELECT SUM(energy_kw_min) FROM ads.customer_monthly_bill)
UNION ALL
SELECT 'energy amount, EUR',
  (SELECT SUM(amount) FROM (SELECT CAST(CAST(SUM(cost_60) AS DECIMAL(24,8)) / 60 AS DECIMAL(14,2)) AS amount
    FROM dws.customer_day GROUP BY customer_id, substr(dt, 1, 7))),
  (SELECT SUM(energy_amount) FROM ads.customer_monthly_bill)
