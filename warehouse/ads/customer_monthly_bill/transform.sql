SELECT
  customer_id, month, CAST(days AS INT) AS days, readings,
  CAST(peak_kw_min / 60 AS DECIMAL(20,6)) AS peak_kwh,
  CAST(flat_kw_min / 60 AS DECIMAL(20,6)) AS flat_kwh,
  CAST(valley_kw_min / 60 AS DECIMAL(20,6)) AS valley_kwh,
  energy_kw_min,
  CAST(energy_kw_min / 60 AS DECIMAL(20,6)) AS energy_kwh,
  CAST(cost_60 / 60 AS DECIMAL(14,2)) AS energy_amount,
  CAST(standing_charges AS DECIMAL(14,2)) AS standing_amount,
  CAST(CAST(cost_60 / 60 AS DECIMAL(14,2)) + CAST(standing_charges AS DECIMAL(14,2)) AS DECIMAL(14,2)) AS total_amount,
  currency
FROM (
  SELECT
    customer_id, substr(dt, 1, 7) AS month, COUNT(*) AS days, SUM(readings) AS readings,
    CAST(SUM(peak_kw_min) AS DECIMAL(20,3)) AS peak_kw_min,
    CAST(SUM(flat_kw_min) AS DECIMAL(20,3)) AS flat_kw_min,
    CAST(SUM(valley_kw_min) AS DECIMAL(20,3)) AS valley_kw_min,
    CAST(SUM(energy_kw_min) AS DECIMAL(20,3)) AS energy_kw_min,
    CAST(SUM(cost_60) AS DECIMAL(24,8)) AS cost_60,
    COALESCE(SUM(standing_charge), 0) AS standing_charges,
    MAX(currency) AS currency
  FROM dws.customer_day
  GROUP BY customer_id, substr(dt, 1, 7))
