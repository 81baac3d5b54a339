WITH first_message AS (
  SELECT min_by(active_power, struct(kafka_partition, kafka_offset)) AS active_power,
    min_by(voltage, struct(kafka_partition, kafka_offset)) AS voltage
  FROM ods.meter_reading
  GROUP BY meter_id, event_time
)
SELECT 'readings' AS measure, (SELECT COUNT(*) FROM first_message) AS upstream, (SELECT COUNT(*) FROM dwd.meter_reading) AS here
UNION ALL
SELECT 'active power, kW.min', (SELECT SUM(active_power) FROM first_message), (SELECT SUM(active_power) FROM dwd.meter_reading)
UNION ALL
SELECT 'voltage, V.min', (SELECT SUM(voltage) FROM first_message), (SELECT SUM(voltage) FROM dwd.meter_reading)
