SELECT
  d.customer_id, d.dt, c.name AS customer_name, c.kind AS customer_kind, d.readings,
  d.peak_kwh, d.flat_kwh, d.valley_kwh, d.energy_kw_min, d.energy_kwh, d.energy_amount, d.standing_amount,
  CAST(d.energy_amount + d.standing_amount AS DECIMAL(14,2)) AS total_amount,
  d.currency
FROM (
  SELECT
    customer_id, dt, readings, energy_kw_min, currency,
    CAST(peak_kw_min / 60 AS DECIMAL(20,6)) AS peak_kwh,
    CAST(flat_kw_min / 60 AS DECIMAL(20,6)) AS flat_kwh,
    CAST(valley_kw_min / 60 AS DECIMAL(20,6)) AS valley_kwh,
    CAST(energy_kw_min / 60 AS DECIMAL(20,6)) AS energy_kwh,
    CAST(cost_60 / 60 AS DECIMAL(14,2)) AS energy_amount,
    CAST(COALESCE(standing_charge, 0) AS DECIMAL(14,2)) AS standing_amount
  FROM dws.customer_day) AS d
LEFT JOIN dim.customer_current AS c ON d.customer_id = c.customer_id
