-- check: periods_add_up fail
SELECT customer_id, dt, energy_kw_min, peak_kw_min, flat_kw_min, valley_kw_min FROM dws.customer_day
WHERE priced_readings = readings AND energy_kw_min <> peak_kw_min + flat_kw_min + valley_kw_min

-- check: every_reading_has_a_price warn
SELECT customer_id, dt, readings, priced_readings FROM dws.customer_day WHERE priced_readings < readings
