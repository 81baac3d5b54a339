-- check: no_event_lies_in_the_future fail
SELECT table_name, newest_event_time FROM ads.data_freshness WHERE newest_event_time > current_timestamp() + INTERVAL 1 DAY
