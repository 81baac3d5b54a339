SELECT 'head readings' AS measure, (SELECT SUM(head_readings) FROM dws.feeder_hour) AS upstream, (SELECT SUM(head_readings) FROM ads.feeder_loss) AS here
UNION ALL
SELECT 'customer readings', (SELECT SUM(customer_readings) FROM dws.feeder_hour), (SELECT SUM(customer_readings) FROM ads.feeder_loss)
