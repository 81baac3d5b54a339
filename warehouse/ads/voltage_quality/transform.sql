SELECT
  h.feeder_id, h.dt, f.name AS feeder_name, h.minutes, h.minutes_in_band,
  CASE WHEN h.minutes > 0
    THEN CAST(CAST(h.minutes_in_band AS DECIMAL(19,0)) / h.minutes AS DECIMAL(9,6)) END AS share_in_band,
  h.lowest_voltage, h.highest_voltage
FROM (
  SELECT feeder_id, dt, SUM(voltage_minutes) AS minutes, SUM(voltage_minutes_in_band) AS minutes_in_band,
    MIN(lowest_voltage) AS lowest_voltage, MAX(highest_voltage) AS highest_voltage
  FROM dws.feeder_hour
  GROUP BY feeder_id, dt) AS h
LEFT JOIN dim.feeder_current AS f ON h.feeder_id = f.feeder_id
