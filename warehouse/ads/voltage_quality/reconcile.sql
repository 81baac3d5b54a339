SELECT 'minutes' AS measure, (SELECT SUM(voltage_minutes) FROM dws.feeder_hour) AS upstream, (SELECT SUM(minutes) FROM ads.voltage_quality) AS here
UNION ALL
SELECT 'minutes in band', (SELECT SUM(voltage_minutes_in_band) FROM dws.feeder_hour), (SELECT SUM(minutes_in_band) FROM ads.voltage_quality)
