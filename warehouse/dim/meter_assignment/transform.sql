-- At every moment at which something in a meter's chain changed, what was in force then.
WITH supply AS (
  SELECT DISTINCT m.meter_id, m.customer_id, COALESCE(m.feeder_id, c.feeder_id) AS feeder_id, c.tariff_id
  FROM dim.meter AS m
  LEFT JOIN dim.customer AS c ON m.customer_id = c.customer_id
),
edge_of_meter AS (
  SELECT meter_id, valid_from AS moment FROM dim.meter
  UNION ALL SELECT meter_id, valid_to FROM dim.meter WHERE valid_to IS NOT NULL
),
edge_of_customer AS (
  SELECT customer_id, valid_from AS moment FROM dim.customer
  UNION ALL SELECT customer_id, valid_to FROM dim.customer WHERE valid_to IS NOT NULL
),
edge_of_tariff AS (
  SELECT tariff_id, valid_from AS moment FROM dim.tariff
  UNION ALL SELECT tariff_id, valid_to FROM dim.tariff WHERE valid_to IS NOT NULL
),
edge_of_substation AS (
  SELECT substation_id, valid_from AS moment FROM dim.substation
  UNION ALL SELECT substation_id, valid_to FROM dim.substation WHERE valid_to IS NOT NULL
),
edge_of_feeder AS (
  SELECT feeder_id, valid_from AS moment FROM dim.feeder
  UNION ALL SELECT feeder_id, valid_to FROM dim.feeder WHERE valid_to IS NOT NULL
  UNION ALL
  SELECT f.feeder_id, e.moment
  FROM dim.feeder AS f JOIN edge_of_substation AS e ON f.substation_id = e.substation_id
),
edge AS (
  SELECT meter_id, moment FROM edge_of_meter
  UNION SELECT s.meter_id, e.moment FROM supply AS s JOIN edge_of_customer AS e ON s.customer_id = e.customer_id
  UNION SELECT s.meter_id, e.moment FROM supply AS s JOIN edge_of_tariff AS e ON s.tariff_id = e.tariff_id
  UNION SELECT s.meter_id, e.moment FROM supply AS s JOIN edge_of_feeder AS e ON s.feeder_id = e.feeder_id
)
-- MAX picks the one version; only while a version is being closed are there two for an instant.
SELECT
  e.meter_id, e.moment AS valid_from,
  MAX(m.kind) AS meter_kind, MAX(m.nominal_voltage) AS nominal_voltage, MAX(m.customer_id) AS customer_id,
  MAX(COALESCE(m.feeder_id, c.feeder_id)) AS feeder_id, MAX(f.substation_id) AS substation_id,
  MAX(s.region_id) AS region_id, MAX(c.tariff_id) AS tariff_id,
  MAX(t.peak_start_hour) AS peak_start_hour, MAX(t.peak_end_hour) AS peak_end_hour,
  MAX(t.valley_start_hour) AS valley_start_hour, MAX(t.valley_end_hour) AS valley_end_hour,
  MAX(t.peak_price) AS peak_price, MAX(t.flat_price) AS flat_price, MAX(t.valley_price) AS valley_price,
  MAX(t.standing_charge) AS standing_charge, MAX(t.currency) AS currency
FROM edge AS e
LEFT JOIN dim.meter AS m ON m.meter_id = e.meter_id AND {{ macros.in_force('m', 'e.moment') }}
LEFT JOIN dim.customer AS c ON c.customer_id = m.customer_id AND {{ macros.in_force('c', 'e.moment') }}
LEFT JOIN dim.feeder AS f ON f.feeder_id = COALESCE(m.feeder_id, c.feeder_id) AND {{ macros.in_force('f', 'e.moment') }}
LEFT JOIN dim.substation AS s ON s.substation_id = f.substation_id AND {{ macros.in_force('s', 'e.moment') }}
LEFT JOIN dim.tariff AS t ON t.tariff_id = c.tariff_id AND {{ macros.in_force('t', 'e.moment') }}
GROUP BY e.meter_id, e.moment
