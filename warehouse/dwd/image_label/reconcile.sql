SELECT 'rows' AS measure,
  (SELECT COUNT(*) FROM (
    SELECT op, ROW_NUMBER() OVER (
      PARTITION BY image_id ORDER BY op_ts DESC, binlog_file DESC, binlog_pos DESC, binlog_row DESC) AS rn
    FROM ods.image_label_change) WHERE rn = 1 AND op <> 'd') AS upstream,
  (SELECT COUNT(*) FROM dwd.image_label) AS here
