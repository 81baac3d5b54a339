SELECT 'flat lines' AS measure, (SELECT COUNT(*) FROM dws.meter_day WHERE longest_flat_minutes >= {{ settings.flat_line_minutes }}) AS upstream,
  (SELECT COUNT(*) FROM ads.meter_anomaly WHERE kind = 'flat_line') AS here
UNION ALL
SELECT 'jumps', (SELECT COUNT(*) FROM dws.meter_day WHERE largest_step_kw >= {{ settings.jump_kw }}),
  (SELECT COUNT(*) FROM ads.meter_anomaly WHERE kind = 'jump')
UNION ALL
SELECT 'reverse flows', (SELECT COUNT(*) FROM dws.meter_day WHERE reverse_minutes >= {{ settings.reverse_flow_minutes }}),
  (SELECT COUNT(*) FROM ads.meter_anomaly WHERE kind = 'reverse_flow')
