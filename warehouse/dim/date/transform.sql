-- 18,263 days: 2000-01-01 to 2049-12-31.
WITH digit AS (SELECT n FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS d (n)),
calendar AS (
  SELECT TIMESTAMPADD(DAY, a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n, DATE '2000-01-01') AS d
  FROM digit AS a, digit AS b, digit AS c, digit AS d, (SELECT n FROM digit WHERE n < 2) AS e
),
named AS (SELECT d, CAST(d AS STRING) AS dt FROM calendar WHERE d < DATE '2050-01-01')
SELECT
  dt,
  CAST(EXTRACT(YEAR FROM d) AS INT) AS year_number,
  CAST(EXTRACT(MONTH FROM d) AS INT) AS month_number,
  CAST(EXTRACT(DAY FROM d) AS INT) AS day_of_month,
  -- DAYOFWEEK counts from 1 Sunday; ISO counts from 1 Monday.
  CAST(MOD(EXTRACT(DOW FROM d) + 5, 7) + 1 AS INT) AS iso_weekday,
  EXTRACT(DOW FROM d) IN (1, 7) AS is_weekend,
  grid_day_start(dt) AS day_start,
  grid_day_minutes(dt) AS minutes
FROM named
