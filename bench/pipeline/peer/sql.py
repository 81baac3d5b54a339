"""The SQL of the job, batch by batch; summaries follow gridseal's own transforms, in Spark's words."""

_ZONE = "Europe/Paris"
_JSON = (
    "meter_id STRING, event_time STRING, active_power DECIMAL(10,3), reactive_power DECIMAL(10,3),"
    " voltage DECIMAL(8,2), current DECIMAL(8,1), seq BIGINT"
)
_DAY = f"date_format(from_utc_timestamp({{0}}, '{_ZONE}'), 'yyyy-MM-dd')"
_HOUR = f"hour(from_utc_timestamp({{0}}, '{_ZONE}'))"

PARSED = (
    "concat_ws('-', topic, partition, offset) AS message_id",
    "topic",
    "partition AS kafka_partition",
    "offset AS kafka_offset",
    "timestamp AS kafka_timestamp",
    "value",
    f"from_json(CAST(value AS STRING), '{_JSON}') AS r",
    "to_timestamp(from_json(CAST(value AS STRING), 'event_time STRING').event_time, \"yyyy-MM-dd'T'HH:mm:ssX\")"
    " AS event_time",
)

_VALID = """
  COALESCE(r.meter_id RLIKE '^[A-Za-z0-9_-]{1,64}$'
    AND event_time BETWEEN TIMESTAMP '2000-01-01 00:00:00' AND current_timestamp() + INTERVAL 1 DAY
    AND r.active_power BETWEEN -10000 AND 10000 AND r.voltage BETWEEN 0 AND 1000
    AND COALESCE(r.reactive_power, 0) BETWEEN -10000 AND 10000 AND COALESCE(r.current, 0) BETWEEN 0 AND 10000, false)
"""

ODS = f"""
SELECT message_id, topic, kafka_partition, kafka_offset, kafka_timestamp, r.meter_id, event_time, r.active_power,
  r.reactive_power, r.voltage, r.current AS current_a, r.seq, {_DAY.format("event_time")} AS dt
FROM parsed WHERE {_VALID}
"""

DEAD_LETTER = f"""
SELECT message_id, topic, kafka_partition, kafka_offset, kafka_timestamp, value AS payload,
  {_DAY.format("kafka_timestamp")} AS dt
FROM parsed WHERE NOT {_VALID}
"""

DIMENSIONS = ("meter", "customer", "feeder", "substation", "tariff")

DWD = f"""
WITH first AS (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY meter_id, event_time ORDER BY kafka_partition, kafka_offset) AS rn,
    {_HOUR.format("event_time")} AS hour_of_day
  FROM ods
),
placed AS (
  SELECT o.meter_id, o.event_time, o.dt, o.message_id, o.active_power, o.reactive_power, o.voltage, o.current_a,
    m.kind AS meter_kind, m.nominal_voltage, m.customer_id, f.feeder_id, f.substation_id, s.region_id, t.tariff_id,
    CASE
      WHEN t.tariff_id IS NULL THEN NULL
      WHEN t.peak_start_hour <= t.peak_end_hour AND hour_of_day >= t.peak_start_hour AND hour_of_day < t.peak_end_hour
        OR t.peak_start_hour > t.peak_end_hour
          AND (hour_of_day >= t.peak_start_hour OR hour_of_day < t.peak_end_hour) THEN 'peak'
      WHEN t.valley_start_hour <= t.valley_end_hour
          AND hour_of_day >= t.valley_start_hour AND hour_of_day < t.valley_end_hour
        OR t.valley_start_hour > t.valley_end_hour
          AND (hour_of_day >= t.valley_start_hour OR hour_of_day < t.valley_end_hour) THEN 'valley'
      ELSE 'flat'
    END AS tariff_period,
    t.peak_price, t.valley_price, t.flat_price, t.standing_charge, t.currency
  FROM first AS o
  LEFT JOIN meter AS m ON o.meter_id = m.meter_id
  LEFT JOIN customer AS c ON m.customer_id = c.customer_id
  LEFT JOIN feeder AS f ON COALESCE(m.feeder_id, c.feeder_id) = f.feeder_id
  LEFT JOIN substation AS s ON f.substation_id = s.substation_id
  LEFT JOIN tariff AS t ON c.tariff_id = t.tariff_id
  WHERE o.rn = 1
)
SELECT meter_id, event_time, dt, message_id, active_power, reactive_power, voltage, current_a, meter_kind,
  nominal_voltage, customer_id, feeder_id, substation_id, region_id, tariff_id, tariff_period,
  CASE tariff_period WHEN 'peak' THEN peak_price WHEN 'valley' THEN valley_price WHEN 'flat' THEN flat_price END
    AS price,
  standing_charge, currency
FROM placed
"""

FACTS = (
    "meter_id", "event_time", "dt", "active_power", "voltage", "meter_kind", "nominal_voltage", "customer_id",
    "feeder_id", "region_id", "tariff_period", "price", "standing_charge", "currency",
)  # fmt: skip
"""Columns of DWD that the summaries read."""

_HOUR_START = "date_trunc('HOUR', event_time) AS hour_start"

DWS = {
    "dws.customer_day": (
        """
SELECT customer_id, dt, COUNT(*) AS readings, SUM(active_power) AS energy_kw_min,
  SUM(CASE WHEN tariff_period = 'peak' THEN active_power ELSE 0 END) AS peak_kw_min,
  SUM(CASE WHEN tariff_period = 'flat' THEN active_power ELSE 0 END) AS flat_kw_min,
  SUM(CASE WHEN tariff_period = 'valley' THEN active_power ELSE 0 END) AS valley_kw_min,
  COUNT(price) AS priced_readings, COALESCE(SUM(active_power * price), 0) AS cost_60,
  MAX(standing_charge) AS standing_charge, MAX(currency) AS currency
FROM fact WHERE customer_id IS NOT NULL GROUP BY customer_id, dt
""",
        "customer_id,dt",
    ),
    "dws.feeder_hour": (
        f"""
SELECT feeder_id, hour_start, dt, SUM(is_head) AS head_readings, SUM(1 - is_head) AS customer_readings,
  SUM(CASE WHEN is_head = 1 THEN active_power ELSE 0 END) AS supplied_kw_min,
  SUM(CASE WHEN is_head = 0 THEN active_power ELSE 0 END) AS delivered_kw_min,
  COUNT(nominal_voltage) AS voltage_minutes, SUM(in_band) AS voltage_minutes_in_band,
  MIN(voltage) AS lowest_voltage, MAX(voltage) AS highest_voltage
FROM (
  SELECT feeder_id, {_HOUR_START}, dt, active_power, voltage, nominal_voltage,
    CASE WHEN meter_kind = 'feeder' THEN 1 ELSE 0 END AS is_head,
    CASE WHEN ABS(voltage - nominal_voltage) * 100 <= nominal_voltage * 10 THEN 1 ELSE 0 END AS in_band
  FROM fact WHERE feeder_id IS NOT NULL)
GROUP BY feeder_id, hour_start, dt
""",
        "feeder_id,hour_start,dt",
    ),
    "dws.meter_day": (
        """
SELECT meter_id, dt, COUNT(*) AS readings, SUM(active_power) AS energy_kw_min, SUM(active_power) / 60 AS energy_kwh
FROM fact GROUP BY meter_id, dt
""",
        "meter_id,dt",
    ),
    "dws.region_hour": (
        f"""
SELECT region_id, hour_start, dt, COUNT(*) AS readings, SUM(active_power) AS energy_kw_min,
  SUM(active_power) / 60 AS energy_kwh
FROM (
  SELECT region_id, {_HOUR_START}, dt, active_power
  FROM fact WHERE region_id IS NOT NULL AND meter_kind = 'customer')
GROUP BY region_id, hour_start, dt
""",
        "region_id,hour_start,dt",
    ),
}
"""SELECT and key of each summary."""

ADS = {
    "ads.customer_daily_bill": (
        """
SELECT d.customer_id, d.dt, c.name AS customer_name, c.kind AS customer_kind, d.readings, d.energy_kw_min,
  d.peak_kw_min / 60 AS peak_kwh, d.flat_kw_min / 60 AS flat_kwh, d.valley_kw_min / 60 AS valley_kwh,
  d.energy_kw_min / 60 AS energy_kwh, CAST(d.cost_60 / 60 AS DECIMAL(14,2)) AS energy_amount,
  CAST(COALESCE(d.standing_charge, 0) AS DECIMAL(14,2)) AS standing_amount,
  CAST(d.cost_60 / 60 + COALESCE(d.standing_charge, 0) AS DECIMAL(14,2)) AS total_amount, d.currency
FROM dws_customer_day AS d LEFT JOIN customer AS c ON d.customer_id = c.customer_id
""",
        "customer_id,dt",
    ),
    "ads.feeder_loss": (
        """
SELECT h.feeder_id, h.dt, MAX(f.name) AS feeder_name, SUM(head_readings) AS head_readings,
  SUM(customer_readings) AS customer_readings, SUM(supplied_kw_min) / 60 AS supplied_kwh,
  SUM(delivered_kw_min) / 60 AS delivered_kwh, SUM(supplied_kw_min - delivered_kw_min) / 60 AS loss_kwh
FROM dws_feeder_hour AS h LEFT JOIN feeder AS f ON h.feeder_id = f.feeder_id GROUP BY h.feeder_id, h.dt
""",
        "feeder_id,dt",
    ),
    "ads.voltage_quality": (
        """
SELECT h.feeder_id, h.dt, MAX(f.name) AS feeder_name, SUM(voltage_minutes) AS minutes,
  SUM(voltage_minutes_in_band) AS minutes_in_band, MIN(lowest_voltage) AS lowest_voltage,
  MAX(highest_voltage) AS highest_voltage
FROM dws_feeder_hour AS h LEFT JOIN feeder AS f ON h.feeder_id = f.feeder_id GROUP BY h.feeder_id, h.dt
""",
        "feeder_id,dt",
    ),
    "ads.region_load_curve": (
        f"""
SELECT region_id, hour_start, dt, {_HOUR.format("hour_start")} AS hour_of_day, energy_kwh AS average_load_kw,
  energy_kw_min, readings
FROM dws_region_hour
""",
        "region_id,hour_start,dt",
    ),
    "ads.peak_and_load_factor": (
        """
SELECT region_id, dt, COUNT(*) AS hours, SUM(energy_kw_min) AS energy_kw_min,
  SUM(energy_kw_min) / (60 * COUNT(*)) AS average_load_kw, MAX(energy_kw_min) / 60 AS peak_load_kw,
  MAX_BY(hour_start, energy_kw_min) AS peak_hour_start
FROM dws_region_hour GROUP BY region_id, dt
""",
        "region_id,dt",
    ),
}
"""Likewise; made of the summaries of the same days."""
