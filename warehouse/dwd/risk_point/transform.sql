WITH risk AS (
  {{ macros.latest(of='ods.risk_point_change', key='risk_id') }}
)
SELECT
  risk_id, substation_id, region_id, equipment_id, ticket_id, level, status, description, found_at, closed_at
FROM (
  SELECT r.risk_id, r.substation_id, r.equipment_id, r.ticket_id, r.level, r.status, r.description, r.found_at,
    r.closed_at, s.region_id,
    ROW_NUMBER() OVER (PARTITION BY r.risk_id ORDER BY s.valid_from DESC NULLS LAST) AS rn
  FROM risk AS r
  LEFT JOIN dim.substation AS s ON s.substation_id = r.substation_id AND {{ macros.in_force('s', 'r.found_at') }})
WHERE rn = 1
