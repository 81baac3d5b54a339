SELECT
  customer_id, dt, COUNT(*) AS readings,
  CAST(SUM(active_power) AS DECIMAL(20,3)) AS energy_kw_min,
  CAST(SUM(CASE WHEN tariff_period = 'peak' THEN active_power ELSE 0 END) AS DECIMAL(20,3)) AS peak_kw_min,
  CAST(SUM(CASE WHEN tariff_period = 'flat' THEN active_power ELSE 0 END) AS DECIMAL(20,3)) AS flat_kw_min,
  CAST(SUM(CASE WHEN tariff_period = 'valley' THEN active_power ELSE 0 END) AS DECIMAL(20,3)) AS valley_kw_min,
  COUNT(price) AS priced_readings,
  CAST(COALESCE(SUM(active_power * price), 0) AS DECIMAL(24,8)) AS cost_60,
  MAX(standing_charge) AS standing_charge,
  MAX(currency) AS currency
FROM dwd.meter_reading
WHERE customer_id IS NOT NULL
GROUP BY customer_id, dt
