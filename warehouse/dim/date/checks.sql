-- check: fifty_years_without_a_gap fail
SELECT day_total FROM (SELECT COUNT(*) AS day_total, MIN(dt) AS first_day, MAX(dt) AS last_day FROM dim.date)
WHERE day_total <> 18263 OR first_day <> '2000-01-01' OR last_day <> '2049-12-31'

-- check: days_follow_each_other_without_a_hole fail
SELECT dt, day_start, minutes, following
FROM (SELECT dt, day_start, minutes, LEAD(day_start) OVER (ORDER BY dt) AS following FROM dim.date)
WHERE following <> day_start + make_interval(0, 0, 0, 0, 0, minutes, 0)
