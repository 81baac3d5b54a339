-- A meter is silent if it sends nothing for long: before its first reading, between two, after its last one
-- (up to the hour that the newest reading of any meter has reached), or all day.
WITH reached AS (
  -- Rounded down below the MAX: the result moves once an hour and not with every reading.
  SELECT dt, MAX(CASE WHEN last_minute >= grid_day_minutes(dt) - 1 THEN grid_day_minutes(dt)
    ELSE last_minute / 60 * 60 END) AS minutes
  FROM dws.meter_day
  GROUP BY dt
),
expected AS (
  SELECT meter_id, dt FROM dws.meter_day
  UNION
  SELECT m.meter_id, r.dt
  FROM dim.meter AS m
  JOIN reached AS r ON CAST(m.installed_on AS STRING) <= r.dt AND {{ macros.in_force_at_end('m', 'r.dt') }}
),
silence AS (
  SELECT e.meter_id, e.dt,
    CASE
      WHEN d.meter_id IS NULL THEN r.minutes
      WHEN r.minutes - d.last_minute - 1 > d.longest_gap_minutes THEN r.minutes - d.last_minute - 1
      ELSE d.longest_gap_minutes
    END AS minutes
  FROM expected AS e
  JOIN reached AS r ON e.dt = r.dt
  LEFT JOIN dws.meter_day AS d ON e.meter_id = d.meter_id AND e.dt = d.dt
),
found AS (
  SELECT meter_id, dt, 'silence' AS kind, CAST(minutes AS DECIMAL(12,3)) AS observed,
    CAST({{ settings.silence_minutes }} AS DECIMAL(12,3)) AS threshold
  FROM silence
  UNION ALL
  SELECT meter_id, dt, 'flat_line', CAST(longest_flat_minutes AS DECIMAL(12,3)),
    CAST({{ settings.flat_line_minutes }} AS DECIMAL(12,3))
  FROM dws.meter_day
  UNION ALL
  SELECT meter_id, dt, 'jump', CAST(largest_step_kw AS DECIMAL(12,3)), CAST({{ settings.jump_kw }} AS DECIMAL(12,3))
  FROM dws.meter_day
  UNION ALL
  SELECT meter_id, dt, 'reverse_flow', CAST(reverse_minutes AS DECIMAL(12,3)),
    CAST({{ settings.reverse_flow_minutes }} AS DECIMAL(12,3))
  FROM dws.meter_day
)
SELECT meter_id, dt, kind, MAX(observed) AS observed, MAX(threshold) AS threshold
FROM found
WHERE observed >= threshold
GROUP BY meter_id, dt, kind
