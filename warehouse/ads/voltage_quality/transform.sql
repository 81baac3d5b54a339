SELECT
  feeder_id, dt, feeder_name, minutes, minutes_in_band,
  CASE WHEN minutes > 0
    THEN CAST(CAST(minutes_in_band AS DECIMAL(19,0)) / minutes AS DECIMAL(9,6)) END AS share_in_band,
  lowest_voltage, highest_voltage
FROM (
  SELECT h.*, f.name AS feeder_name,
    ROW_NUMBER() OVER (PARTITION BY h.feeder_id, h.dt ORDER BY f.valid_from DESC NULLS LAST) AS rn
  FROM (
    SELECT feeder_id, dt, SUM(voltage_minutes) AS minutes, SUM(voltage_minutes_in_band) AS minutes_in_band,
      MIN(lowest_voltage) AS lowest_voltage, MAX(highest_voltage) AS highest_voltage
    FROM dws.feeder_hour
    GROUP BY feeder_id, dt) AS h
  LEFT JOIN dim.feeder AS f ON h.feeder_id = f.feeder_id AND {{ macros.in_force_at_end('f', 'h.dt') }})
WHERE rn = 1
