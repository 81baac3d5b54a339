{# Versions of each key of a change table. The last change of a key within one second counts, since the
   database's clock has whole seconds; a delete closes the version and opens none. #}
{% macro history(of) %}
{% set key = table.key | reject('equalto', 'valid_from') | list %}
{% set rest = table.column_names | reject('in', key + ['valid_from', 'valid_to']) | list %}
WITH change AS (
  SELECT {{ (key + rest) | join(', ') }}, op, op_ts
  FROM (
    SELECT *, ROW_NUMBER() OVER (
      PARTITION BY {{ key | join(', ') }}, op_ts
      ORDER BY binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM {{ of }})
  WHERE rn = 1
)
SELECT
  {% for c in key %}a.{{ c }}, {% endfor %}a.op_ts AS valid_from, MIN(b.op_ts) AS valid_to,
  {% for c in rest %}MAX(a.{{ c }}) AS {{ c }}{{ ', ' if not loop.last }}{% endfor %}

FROM change AS a
LEFT JOIN change AS b ON {% for c in key %}a.{{ c }} = b.{{ c }} AND {% endfor %}b.op_ts > a.op_ts
WHERE a.op <> 'd'
GROUP BY {% for c in key %}a.{{ c }}, {% endfor %}a.op_ts
{%- endmacro %}

{# Last state of each key of a change table; deleted keys are gone. #}
{% macro latest(of, key) %}
SELECT * FROM (
    SELECT *, ROW_NUMBER() OVER (
      PARTITION BY {{ key }}
      ORDER BY op_ts DESC, binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM {{ of }})
  WHERE rn = 1 AND op <> 'd'
{%- endmacro %}

{# Comparison: as many rows as there are keys whose last change did not remove them. #}
{% macro latest_reconcile(of) %}
SELECT 'rows' AS measure,
  (SELECT COUNT(*) FROM (
    SELECT op, ROW_NUMBER() OVER (
      PARTITION BY {{ table.key | join(', ') }} ORDER BY op_ts DESC, binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM {{ of }}) WHERE rn = 1 AND op <> 'd') AS upstream,
  (SELECT COUNT(*) FROM {{ table.name }}) AS here
{%- endmacro %}

{# Condition: the version of a history in force at a moment. #}
{% macro in_force(version, moment) -%}
{{ version }}.valid_from <= {{ moment }} AND ({{ version }}.valid_to IS NULL OR {{ version }}.valid_to > {{ moment }})
{%- endmacro %}

{# Condition: the version of a history in force when a local day ended. #}
{% macro in_force_at_end(version, day) -%}
{{ version }}.valid_from < grid_day_end({{ day }})
    AND ({{ version }}.valid_to IS NULL OR {{ version }}.valid_to >= grid_day_end({{ day }}))
{%- endmacro %}

{# Condition: a local hour of day lies in [start, end); start > end wraps midnight. #}
{% macro within_hours(hour, start, end) -%}
({{ start }} <= {{ end }} AND {{ hour }} >= {{ start }} AND {{ hour }} < {{ end }}
      OR {{ start }} > {{ end }} AND ({{ hour }} >= {{ start }} OR {{ hour }} < {{ end }}))
{%- endmacro %}

{# For checks: the day in the grid's zone that a UTC timestamp falls into (Spark SQL). #}
{% macro local_day(column) -%}
date_format(from_utc_timestamp({{ column }}, '{{ settings.grid_timezone }}'), 'yyyy-MM-dd')
{%- endmacro %}

{# For checks: the first moment, in UTC, after a day of the grid's zone (Spark SQL). #}
{% macro day_end(dt) -%}
to_utc_timestamp(CAST(date_add(to_date({{ dt }}), 1) AS TIMESTAMP), '{{ settings.grid_timezone }}')
{%- endmacro %}

{# For checks of a change table. #}
{% macro change_checks() %}
-- check: op_is_known fail
SELECT change_id, op FROM {{ table.name }} WHERE op NOT IN ('r', 'c', 'u', 'd')

-- check: position_is_known fail
SELECT change_id, op, binlog_file, binlog_pos FROM {{ table.name }} WHERE op <> 'r' AND (binlog_file = '' OR binlog_pos = 0)

-- check: day_is_the_day_of_the_change fail
SELECT change_id, op_ts, dt FROM {{ table.name }} WHERE dt <> {{ local_day('op_ts') }}
{%- endmacro %}

{# For checks of a history. #}
{% macro history_checks(of) %}
{% set key = table.key | reject('equalto', 'valid_from') | join(', ') %}
-- check: versions_do_not_overlap fail
SELECT {{ key }}, valid_from, valid_to, following
FROM (
  SELECT {{ key }}, valid_from, valid_to,
    LEAD(valid_from) OVER (PARTITION BY {{ key }} ORDER BY valid_from) AS following
  FROM {{ table.name }})
WHERE following < COALESCE(valid_to, TIMESTAMP '9999-12-31 00:00:00') OR valid_to <= valid_from

-- check: deleted_keys_are_not_current fail
SELECT {{ key }}
FROM {{ table.name }}_current
WHERE ({{ key }}) IN (
  SELECT {{ key }}
  FROM (
    SELECT *, ROW_NUMBER() OVER (
      PARTITION BY {{ key }} ORDER BY op_ts DESC, binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM {{ of }})
  WHERE rn = 1 AND op = 'd')
{%- endmacro %}

{# For reconcile.sql of a history: versions = moments at which a key had a last change that was no delete. #}
{% macro history_reconcile(of) %}
{% set key = table.key | reject('equalto', 'valid_from') | join(', ') %}
SELECT 'versions' AS measure,
  (SELECT COUNT(*) FROM (
    SELECT op, ROW_NUMBER() OVER (
      PARTITION BY {{ key }}, op_ts ORDER BY binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM {{ of }}) WHERE rn = 1 AND op <> 'd') AS upstream,
  (SELECT COUNT(*) FROM {{ table.name }}) AS here
{%- endmacro %}
