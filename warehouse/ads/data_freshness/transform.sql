{# Every streamed table below this layer that declares an event time. The outer GROUP BY states the key. #}
SELECT table_name, MAX(newest_event_time) AS newest_event_time,
  MAX(promised_minutes) AS promised_minutes
FROM (
{% for t in catalog if t.event_time and t.layer != 'ads' and t.mode == 'stream' %}
  SELECT '{{ t.name }}' AS table_name, MAX({{ t.event_time }}) AS newest_event_time,
    CAST({{ t.freshness_minutes if t.freshness_minutes is not none else 'NULL' }} AS INT) AS promised_minutes
  FROM {{ t.name }}
  {{ 'UNION ALL' if not loop.last }}
{% endfor %}
)
GROUP BY table_name
