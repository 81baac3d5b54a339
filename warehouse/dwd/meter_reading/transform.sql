-- One row a meter and minute: among duplicates the message that came first, with the assignment in force then.
WITH placed AS (
  SELECT *, grid_hour_of_day(event_time) AS hour_of_day
  FROM {{ as_of(
    facts='ods.meter_reading', versions='dim.meter_assignment', key='meter_id', time='event_time',
    first_by=['kafka_partition', 'kafka_offset'],
    columns=['meter_id', 'event_time', 'dt', 'message_id', 'active_power', 'reactive_power', 'voltage', 'current_a'])
  }}
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
