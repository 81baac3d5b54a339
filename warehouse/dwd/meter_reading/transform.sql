-- De-duplication and the join to the version in force are one Top-1: the latest assignment that is not
-- after the reading, and among duplicates the message that came first.
WITH placed AS (
  SELECT *, grid_hour_of_day(event_time) AS hour_of_day
  FROM (
    SELECT
      r.meter_id, r.event_time, r.dt, r.message_id, r.active_power, r.reactive_power, r.voltage, r.current_a,
      a.meter_kind, a.nominal_voltage, a.customer_id, a.feeder_id, a.substation_id, a.region_id, a.tariff_id,
      a.peak_start_hour, a.peak_end_hour, a.valley_start_hour, a.valley_end_hour,
      a.peak_price, a.flat_price, a.valley_price, a.standing_charge, a.currency,
      ROW_NUMBER() OVER (
        PARTITION BY r.meter_id, r.event_time, r.dt
        ORDER BY a.valid_from DESC NULLS LAST, r.kafka_partition, r.kafka_offset) AS rn
    FROM ods.meter_reading AS r
    LEFT JOIN dim.meter_assignment AS a ON r.meter_id = a.meter_id AND a.valid_from <= r.event_time)
  WHERE rn = 1
),
priced AS (
  SELECT *,
    CASE
      WHEN peak_price IS NULL THEN CAST(NULL AS STRING)
      WHEN {{ macros.within_hours('hour_of_day', 'peak_start_hour', 'peak_end_hour') }} THEN 'peak'
      WHEN {{ macros.within_hours('hour_of_day', 'valley_start_hour', 'valley_end_hour') }} THEN 'valley'
      ELSE 'flat'
    END AS tariff_period
  FROM placed
)
SELECT
  meter_id, event_time, dt, message_id, active_power, reactive_power, voltage, current_a,
  meter_kind, nominal_voltage, customer_id, feeder_id, substation_id, region_id, tariff_id, tariff_period,
  CASE tariff_period WHEN 'peak' THEN peak_price WHEN 'valley' THEN valley_price WHEN 'flat' THEN flat_price END
    AS price,
  standing_charge, currency
FROM priced
