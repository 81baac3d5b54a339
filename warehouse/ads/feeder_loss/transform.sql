SELECT
  feeder_id, dt, feeder_name, head_readings, customer_readings,
  CAST(supplied_kw_min / 60 AS DECIMAL(20,6)) AS supplied_kwh,
  CAST(delivered_kw_min / 60 AS DECIMAL(20,6)) AS delivered_kwh,
  CASE WHEN head_readings > 0
    THEN CAST(CAST(supplied_kw_min - delivered_kw_min AS DECIMAL(20,3)) / 60 AS DECIMAL(20,6)) END AS loss_kwh,
  CASE WHEN supplied_kw_min > 0
    THEN CAST(CAST(supplied_kw_min - delivered_kw_min AS DECIMAL(20,3)) / supplied_kw_min AS DECIMAL(9,6)) END
    AS loss_share
FROM (
  SELECT h.*, f.name AS feeder_name,
    ROW_NUMBER() OVER (PARTITION BY h.feeder_id, h.dt ORDER BY f.valid_from DESC NULLS LAST) AS rn
  FROM (
    SELECT feeder_id, dt, SUM(head_readings) AS head_readings, SUM(customer_readings) AS customer_readings,
      CAST(SUM(supplied_kw_min) AS DECIMAL(20,3)) AS supplied_kw_min,
      CAST(SUM(delivered_kw_min) AS DECIMAL(20,3)) AS delivered_kw_min
    FROM dws.feeder_hour
    GROUP BY feeder_id, dt) AS h
  LEFT JOIN dim.feeder AS f ON h.feeder_id = f.feeder_id AND {{ macros.in_force_at_end('f', 'h.dt') }})
WHERE rn = 1
