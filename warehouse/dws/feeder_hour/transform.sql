SELECT
  feeder_id, hour_start, dt,
  SUM(is_head) AS head_readings,
  SUM(1 - is_head) AS customer_readings,
  CAST(SUM(CASE WHEN is_head = 1 THEN active_power ELSE 0 END) AS DECIMAL(20,3)) AS supplied_kw_min,
  CAST(SUM(CASE WHEN is_head = 0 THEN active_power ELSE 0 END) AS DECIMAL(20,3)) AS delivered_kw_min,
  COUNT(nominal_voltage) AS voltage_minutes,
  SUM(in_band) AS voltage_minutes_in_band,
  MIN(voltage) AS lowest_voltage,
  MAX(voltage) AS highest_voltage
FROM (
  SELECT feeder_id, grid_hour(event_time) AS hour_start, dt, active_power, voltage, nominal_voltage,
    CASE WHEN meter_kind = 'feeder' THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS is_head,
    CASE WHEN ABS(voltage - nominal_voltage) * 100 <= nominal_voltage * {{ settings.voltage_band_percent }}
      THEN CAST(1 AS BIGINT) ELSE CAST(0 AS BIGINT) END AS in_band
  FROM dwd.meter_reading
  WHERE feeder_id IS NOT NULL)
GROUP BY feeder_id, hour_start, dt
