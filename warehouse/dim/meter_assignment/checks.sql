-- No reconcile.sql: it sums nothing; the checks compare it with the histories that it is made of.

-- check: agrees_with_the_history_of_meters fail
SELECT a.meter_id, a.valid_from, a.customer_id, m.customer_id AS customer_of_meter
FROM dim.meter_assignment AS a
LEFT JOIN dim.meter AS m ON a.meter_id = m.meter_id AND {{ macros.in_force('m', 'a.valid_from') }}
WHERE NOT (a.customer_id <=> m.customer_id) OR NOT (a.meter_kind <=> m.kind)

-- check: agrees_with_the_history_of_customers fail
SELECT a.meter_id, a.valid_from, a.customer_id, a.tariff_id, c.tariff_id AS tariff_of_customer
FROM dim.meter_assignment AS a
LEFT JOIN dim.customer AS c ON a.customer_id = c.customer_id AND {{ macros.in_force('c', 'a.valid_from') }}
WHERE NOT (a.tariff_id <=> c.tariff_id)

-- check: every_change_of_a_customer_is_in_it fail
SELECT m.meter_id, c.customer_id, c.valid_from
FROM dim.customer AS c
JOIN dim.meter AS m ON m.customer_id = c.customer_id
LEFT JOIN dim.meter_assignment AS a ON a.meter_id = m.meter_id AND a.valid_from = c.valid_from
WHERE a.meter_id IS NULL
