SELECT
  h.feeder_id, h.dt, f.name AS feeder_name, h.head_readings, h.customer_readings,
  CAST(h.supplied_kw_min / 60 AS DECIMAL(20,6)) AS supplied_kwh,
  CAST(h.delivered_kw_min / 60 AS DECIMAL(20,6)) AS delivered_kwh,
  CASE WHEN h.head_readings > 0
    THEN CAST(CAST(h.supplied_kw_min - h.delivered_kw_min AS DECIMAL(20,3)) / 60 AS DECIMAL(20,6)) END AS loss_kwh,
  CASE WHEN h.supplied_kw_min > 0
    THEN CAST(CAST(h.supplied_kw_min - h.delivered_kw_min AS DECIMAL(20,3)) / h.supplied_kw_min AS DECIMAL(9,6)) END
    AS loss_share
FROM (
  SELECT feeder_id, dt, SUM(head_readings) AS head_readings, SUM(customer_readings) AS customer_readings,
    CAST(SUM(supplied_kw_min) AS DECIMAL(20,3)) AS supplied_kw_min,
    CAST(SUM(delivered_kw_min) AS DECIMAL(20,3)) AS delivered_kw_min
  FROM dws.feeder_hour
  GROUP BY feeder_id, dt) AS h
LEFT JOIN dim.feeder_current AS f ON h.feeder_id = f.feeder_id
