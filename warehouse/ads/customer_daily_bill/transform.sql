SELECT
  customer_id, dt, customer_name, customer_kind, readings,
  peak_kwh, flat_kwh, valley_kwh, energy_kw_min, energy_kwh, energy_amount, standing_amount,
  CAST(energy_amount + standing_amount AS DECIMAL(14,2)) AS total_amount,
  currency
FROM (
  SELECT
    d.customer_id, d.dt, c.name AS customer_name, c.kind AS customer_kind, d.readings, d.energy_kw_min, d.currency,
    CAST(d.peak_kw_min / 60 AS DECIMAL(20,6)) AS peak_kwh,
    CAST(d.flat_kw_min / 60 AS DECIMAL(20,6)) AS flat_kwh,
    CAST(d.valley_kw_min / 60 AS DECIMAL(20,6)) AS valley_kwh,
    CAST(d.energy_kw_min / 60 AS DECIMAL(20,6)) AS energy_kwh,
    CAST(d.cost_60 / 60 AS DECIMAL(14,2)) AS energy_amount,
    CAST(COALESCE(d.standing_charge, 0) AS DECIMAL(14,2)) AS standing_amount,
    ROW_NUMBER() OVER (PARTITION BY d.customer_id, d.dt ORDER BY c.valid_from DESC NULLS LAST) AS rn
  FROM dws.customer_day AS d
  LEFT JOIN dim.customer AS c ON d.customer_id = c.customer_id AND {{ macros.in_force_at_end('c', 'd.dt') }})
WHERE rn = 1
