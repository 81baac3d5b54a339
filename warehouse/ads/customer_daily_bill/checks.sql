-- check: total_is_the_sum_of_its_parts fail
SELECT customer_id, dt, energy_amount, standing_amount, total_amount FROM ads.customer_daily_bill
WHERE total_amount <> energy_amount + standing_amount

-- check: name_is_that_of_the_customer_now fail
SELECT b.customer_id, b.dt, b.customer_name, c.name FROM ads.customer_daily_bill AS b
LEFT JOIN dim.customer_current AS c ON b.customer_id = c.customer_id
WHERE NOT (b.customer_name <=> c.name)
