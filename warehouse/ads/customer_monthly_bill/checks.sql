-- check: total_is_the_sum_of_its_parts fail
SELECT customer_id, month, energy_amount, standing_amount, total_amount FROM ads.customer_monthly_bill
WHERE total_amount <> energy_amount + standing_amount

-- check: no_more_days_than_a_month_has fail
SELECT customer_id, month, days FROM ads.customer_monthly_bill WHERE days < 1 OR days > day(last_day(to_date(month || '-01')))
