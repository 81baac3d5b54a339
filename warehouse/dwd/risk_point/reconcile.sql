SELECT 'rows' AS measure,
  (SELECT COUNT(*) FROM (
    SELECT op, ROW_NUMBER() OVER (
      PARTITION BY risk_id ORDER BY op_ts DESC, binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM ods.risk_point_change) WHERE rn = 1 AND op <> 'd') AS upstream,
  (SELECT COUNT(*) FROM dwd.risk_point) AS here
