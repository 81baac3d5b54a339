WITH total AS (
  SELECT region_id, dt, CAST(COUNT(*) AS INT) AS hours,
    CAST(SUM(energy_kw_min) AS DECIMAL(20,3)) AS energy_kw_min
  FROM dws.region_hour
  GROUP BY region_id, dt
),
peak AS (
  SELECT region_id, dt, hour_start, energy_kw_min
  FROM (
    SELECT *, ROW_NUMBER() OVER (PARTITION BY region_id, dt ORDER BY energy_kw_min DESC, hour_start) AS rn
    FROM dws.region_hour)
  WHERE rn = 1
)
SELECT
  region_id, dt, region_name, hours, energy_kw_min,
  CAST(energy_kw_min / (60 * hours) AS DECIMAL(20,6)) AS average_load_kw,
  CAST(peak_kw_min / 60 AS DECIMAL(20,6)) AS peak_load_kw,
  peak_hour_start,
  CASE WHEN peak_kw_min > 0
    THEN CAST(energy_kw_min / CAST(peak_kw_min * hours AS DECIMAL(20,3)) AS DECIMAL(9,6)) END AS load_factor
FROM (
  SELECT t.region_id, t.dt, g.name AS region_name, t.hours, t.energy_kw_min, p.energy_kw_min AS peak_kw_min,
    p.hour_start AS peak_hour_start,
    ROW_NUMBER() OVER (PARTITION BY t.region_id, t.dt ORDER BY g.valid_from DESC NULLS LAST) AS rn
  FROM total AS t
  JOIN peak AS p ON t.region_id = p.region_id AND t.dt = p.dt
  LEFT JOIN dim.region AS g ON t.region_id = g.region_id AND {{ macros.in_force_at_end('g', 't.dt') }})
WHERE rn = 1
