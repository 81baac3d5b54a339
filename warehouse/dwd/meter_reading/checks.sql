-- check: its_message_is_in_ods fail
SELECT d.meter_id, d.event_time, d.message_id
FROM dwd.meter_reading AS d
LEFT JOIN ods.meter_reading AS o ON d.message_id = o.message_id
WHERE o.message_id IS NULL OR o.meter_id <> d.meter_id OR o.event_time <> d.event_time
  OR o.active_power <> d.active_power OR o.voltage <> d.voltage

-- check: customer_is_that_of_the_readings_own_time fail
SELECT d.meter_id, d.event_time, d.customer_id, m.customer_id AS customer_in_force
FROM dwd.meter_reading AS d
LEFT JOIN dim.meter AS m ON d.meter_id = m.meter_id AND {{ macros.in_force('m', 'd.event_time') }}
WHERE NOT (d.customer_id <=> m.customer_id)

-- check: feeder_is_that_of_the_readings_own_time fail
SELECT d.meter_id, d.event_time, d.feeder_id, COALESCE(m.feeder_id, c.feeder_id) AS feeder_in_force
FROM dwd.meter_reading AS d
LEFT JOIN dim.meter AS m ON d.meter_id = m.meter_id AND {{ macros.in_force('m', 'd.event_time') }}
LEFT JOIN dim.customer AS c ON m.customer_id = c.customer_id AND {{ macros.in_force('c', 'd.event_time') }}
WHERE NOT (d.feeder_id <=> COALESCE(m.feeder_id, c.feeder_id))

-- check: price_is_that_of_the_readings_own_time fail
SELECT d.meter_id, d.event_time, d.tariff_period, d.price
FROM dwd.meter_reading AS d
JOIN dim.tariff AS t ON d.tariff_id = t.tariff_id AND {{ macros.in_force('t', 'd.event_time') }}
WHERE NOT (d.price <=> CASE d.tariff_period WHEN 'peak' THEN t.peak_price WHEN 'valley' THEN t.valley_price ELSE t.flat_price END)

-- check: every_reading_has_a_feeder warn
SELECT meter_id, dt, COUNT(*) AS readings FROM dwd.meter_reading WHERE feeder_id IS NULL GROUP BY meter_id, dt
