-- check: total_is_the_sum_of_its_parts fail
SELECT customer_id, dt, energy_amount, standing_amount, total_amount FROM ads.customer_daily_bill
WHERE total_amount <> energy_amount + standing_amount

-- check: name_is_that_at_the_end_of_the_day fail
SELECT b.customer_id, b.dt, b.customer_name, c.name FROM ads.customer_daily_bill AS b
LEFT JOIN dim.customer AS c ON b.customer_id = c.customer_id
  AND c.valid_from < {{ macros.day_end('b.dt') }} AND (c.valid_to IS NULL OR c.valid_to >= {{ macros.day_end('b.dt') }})
WHERE NOT (b.customer_name <=> c.name)
