SELECT CONCAT('rows of ', counted.table_name) AS measure, counted.row_total AS upstream, told.row_total AS here
FROM (
{% for t in catalog if t.event_time and t.layer != 'ads' and t.mode == 'stream' %}
  SELECT '{{ t.name }}' AS table_name, COUNT(*) AS row_total FROM {{ t.name }}
  {{ 'UNION ALL' if not loop.last }}
{% endfor %}
) AS counted
LEFT JOIN ads.data_freshness AS told ON counted.table_name = told.table_name
ORDER BY measure
