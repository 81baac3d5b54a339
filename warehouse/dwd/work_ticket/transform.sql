WITH ticket AS (
  {{ macros.latest(of='ods.work_ticket_change', key='ticket_id') }}
)
SELECT
  ticket_id, feeder_id, substation_id, region_id, equipment_id, kind, status, description, opened_at, closed_at
FROM (
  SELECT t.ticket_id, t.feeder_id, t.equipment_id, t.kind, t.status, t.description, t.opened_at, t.closed_at,
    f.substation_id, s.region_id,
    ROW_NUMBER() OVER (
      PARTITION BY t.ticket_id ORDER BY f.valid_from DESC NULLS LAST, s.valid_from DESC NULLS LAST) AS rn
  FROM ticket AS t
  LEFT JOIN dim.feeder AS f ON f.feeder_id = t.feeder_id AND {{ macros.in_force('f', 't.opened_at') }}
  LEFT JOIN dim.substation AS s ON s.substation_id = f.substation_id AND {{ macros.in_force('s', 't.opened_at') }})
WHERE rn = 1
