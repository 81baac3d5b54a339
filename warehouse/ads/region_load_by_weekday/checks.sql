-- check: four_weeks_have_at_most_eight_hours fail
SELECT region_id, hour_start, earlier_hours FROM ads.region_load_by_weekday
WHERE earlier_hours > 8 OR (earlier_hours = 0) <> (earlier_load_kw IS NULL)
