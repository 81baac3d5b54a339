{% for t in catalog if t.event_time and t.layer != 'ads' and t.mode == 'stream' %}
SELECT 'rows of {{ t.name }}' AS measure, (SELECT COUNT(*) FROM {{ t.name }}) AS upstream,
  (SELECT row_total FROM ads.data_freshness WHERE table_name = '{{ t.name }}') AS here
{{ 'UNION ALL' if not loop.last }}
{% endfor %}
