SELECT CONCAT('newest of ', there.table_name, ', ms since 1970') AS measure,
  unix_millis(there.newest) AS upstream, unix_millis(told.newest_event_time) AS here
FROM (
{% for t in catalog if t.event_time and t.layer != 'ads' and t.mode == 'stream' %}
  SELECT '{{ t.name }}' AS table_name, MAX({{ t.event_time }}) AS newest FROM {{ t.name }}
  {{ 'UNION ALL' if not loop.last }}
{% endfor %}
) AS there
LEFT JOIN ads.data_freshness AS told ON there.table_name = told.table_name
