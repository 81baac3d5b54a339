package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.types.Row;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What SQL sees: the exact types of the views, and the functions inside a plan with retractions. */
class TablesTest {
    static final String KAFKA = """
            {"uid": "ods.meter_reading", "bootstrapServers": "127.0.0.1:1", "groupId": "g", "topic": "meter-readings",
             "maxBytes": 65536, "maxAheadSeconds": 86400, "columns": [
              {"name": "meter_id", "field": "meter_id", "type": "STRING", "required": true, "minLength": 1, "maxLength": 64},
              {"name": "event_time", "type": "TIMESTAMP(3)", "required": true, "minimum": "2000-01-01T00:00:00Z"},
              {"name": "active_power", "type": "DECIMAL(10, 3)", "required": true, "minimum": "-10000", "maximum": "10000"},
              {"name": "seq", "type": "BIGINT"}, {"name": "phase", "type": "INT"}, {"name": "estimated", "type": "BOOLEAN"}]}
            """;
    private static final String MYSQL = """
            {"uid": "ods.changes", "hostname": "127.0.0.1", "port": 1, "username": "u", "password": "not to be shown",
             "database": "grid", "tables": [{"name": "customer", "contract": "ods.customer_change", "columns": [
              {"field": "customer_id", "type": "INT", "required": true}]}], "serverId": "5400-5407", "startup": "initial"}
            """;

    private final StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(
            Configuration.fromMap(Map.of("pipeline.object-reuse", "true", "parallelism.default", "1")));
    private final StreamTableEnvironment tables = StreamTableEnvironment.create(env);

    private Map<String, String> types(String view) {
        Map<String, String> types = new LinkedHashMap<>();
        tables.from(view).getResolvedSchema().getColumns()
                .forEach(c -> types.put(c.getName(), c.getDataType().getLogicalType().asSerializableString()));
        return types;
    }

    @Test
    void viewsHaveExactTypes() {
        GridsealSources.registerKafka(tables, env, "messages", KAFKA);
        assertEquals("{meter_id=VARCHAR(2147483647), event_time=TIMESTAMP(3), active_power=DECIMAL(10, 3), seq=BIGINT, phase=INT, "
                + "estimated=BOOLEAN, payload=VARBINARY(2147483647), topic=VARCHAR(2147483647), kafka_partition=INT, "
                + "kafka_offset=BIGINT, kafka_timestamp=TIMESTAMP(3), reason=VARCHAR(2147483647)}", types("messages").toString());
        GridsealSources.registerMysqlChanges(tables, env, "changes", MYSQL);
        assertEquals("{table_name=VARCHAR(2147483647), op=VARCHAR(2147483647), op_ts=TIMESTAMP(3), binlog_file=VARCHAR(2147483647), "
                + "binlog_pos=BIGINT, binlog_row=INT, image=MAP<VARCHAR(2147483647), VARCHAR(2147483647)>}", types("changes").toString());
        String plan = tables.explainSql("SELECT CAST(image['peak_price'] AS DECIMAL(8,5)) FROM changes WHERE table_name = 'tariff'");
        assertTrue(plan.contains("CAST(image['peak_price'] AS DECIMAL(8, 5))") || plan.contains("ITEM(image"), plan);
        assertEquals("ods.changes", GridsealSources.mysqlChanges(env, MYSQL).getTransformation().getUid());
        assertEquals("ods.meter_reading", GridsealSources.kafka(env, KAFKA).getTransformation().getUid());
    }

    @Test
    void aClientLogsInAndNothingShowsThePassword() {
        String login = "\"properties\": {\"sasl.jaas.config\": \"X required password=secret;\", \"security.protocol\": \"SASL_SSL\"}, ";
        KafkaSpec spec = KafkaSpec.read(KAFKA.replace("\"topic\"", login + "\"topic\""));
        assertEquals("SASL_SSL", spec.client().getProperty("security.protocol"));
        assertEquals("X required password=secret;", spec.client().getProperty("sasl.jaas.config"));
        assertEquals(spec.bootstrapServers(), spec.client().getProperty("bootstrap.servers"));
        assertFalse(spec.toString().contains("secret"), spec.toString());
        assertEquals("DISABLED", MySqlSpec.read(MYSQL).sslMode());
        assertEquals("VERIFY_IDENTITY", MySqlSpec.read(MYSQL.replace("\"port\"", "\"tls\": true, \"port\"")).sslMode());
    }

    @Test
    void aWrongSpecificationNamesWhatIsWrong() {
        assertEquals("specification of a Kafka source: unknown key topik; known keys: bootstrapServers, columns, groupId, "
                + "lostBefore, maxAheadSeconds, maxBytes, properties, topic, uid", kafkaError(KAFKA.replace("\"topic\"", "\"topik\":1, \"topic\"")));
        assertEquals("specification of a Kafka source: the specification: topic is missing; state a text that is not empty",
                kafkaError(KAFKA.replace("\"topic\": \"meter-readings\",", "")));
        assertEquals("specification of a Kafka source: columns.[2]: active_power: type DOUBLE is not read from messages; allowed: "
                + "STRING, BOOLEAN, INT, BIGINT, DECIMAL(p,s), TIMESTAMP(0) to TIMESTAMP(3)",
                kafkaError(KAFKA.replace("DECIMAL(10, 3)", "DOUBLE")));
        assertEquals("active_power: minimum 20000 is above maximum 10000", kafkaError(KAFKA.replace("-10000", "20000")));
        assertEquals("specification of a Kafka source: not JSON, at character 7", kafkaError("{\"uid\":"));
        String port = assertThrows(IllegalArgumentException.class,
                () -> GridsealSources.mysqlChanges(env, MYSQL.replace("\"port\": 1,", "\"port\": \"x\","))).getMessage();
        assertEquals("specification of a MySQL source: port: has the wrong type of value", port);
        assertTrue(!MySqlSpec.read(MYSQL).toString().contains("not to be shown"));
    }

    private String kafkaError(String spec) {
        return assertThrows(IllegalArgumentException.class, () -> GridsealSources.kafka(env, spec)).getMessage();
    }

    @Test
    void functionsRunInAStreamingPlan() throws Exception {
        GridsealFunctions.register(tables, "Europe/Paris");
        GridsealFunctions.register(tables, "Europe/Paris");
        tables.getConfig().set("table.local-time-zone", "Asia/Tokyo");
        // The last power for each time counts, so that the profile has readings taken back.
        tables.createTemporaryView("readings", tables.sqlQuery("""
                SELECT meter_id, CAST(event_time AS TIMESTAMP(3)) AS event_time, LAST_VALUE(kw) AS kw FROM (VALUES
                  ('a', '2026-10-25 00:00:00', CAST(1.5 AS DECIMAL(12, 3))), ('a', '2026-10-25 00:01:00', 7),
                  ('a', '2026-10-25 01:30:00', -2), ('a', '2026-10-25 00:01:00', 1.5)) AS t(meter_id, event_time, kw)
                GROUP BY meter_id, event_time"""));
        tables.getConfig().set("table.exec.mini-batch.enabled", "true");
        tables.getConfig().set("table.exec.mini-batch.allow-latency", "100ms");
        tables.getConfig().set("table.exec.mini-batch.size", "2");
        tables.getConfig().set("table.optimizer.agg-phase-strategy", "TWO_PHASE");
        List<String> rows = last("""
                SELECT meter_id, day_start, d, COUNT(*) AS n, grid_day_minutes(d) AS minutes, MIN(h) AS first_hour,
                  MAX(hod) AS last_hour, meter_day_profile(event_time, day_start, CAST(kw AS DECIMAL(10, 3))) AS p
                FROM (SELECT *, grid_day(event_time) AS d, grid_day_start(grid_day(event_time)) AS day_start,
                  grid_hour(event_time) AS h, grid_hour_of_day(event_time) AS hod FROM readings)
                GROUP BY meter_id, day_start, d""");
        assertEquals(List.of("a, 2026-10-24T22:00, 2026-10-25, 3, 1500, 2026-10-25T00:00, 2, +I[120, 210, 120, 2, 0.000, 1]"),
                rows);
        assertEquals("[`first_minute` INT, `last_minute` INT, `longest_gap_minutes` INT, `longest_flat_minutes` INT, "
                + "`largest_step_kw` DECIMAL(10, 3), `reverse_minutes` INT]", tables.sqlQuery("""
                SELECT p.* FROM (SELECT meter_day_profile(event_time, event_time, CAST(kw AS DECIMAL(10, 3))) AS p
                FROM readings)""").getResolvedSchema().getColumns().stream()
                .map(c -> "`" + c.getName() + "` " + c.getDataType().getLogicalType()).toList().toString());
    }

    /** The rows that stand when the query has ended. */
    private List<String> last(String query) throws Exception {
        List<String> rows = new ArrayList<>();
        try (CloseableIterator<Row> changes = tables.executeSql(query).collect()) {
            while (changes.hasNext()) {
                Row row = changes.next();
                RowKind kind = row.getKind();
                row.setKind(RowKind.INSERT);
                String text = row.toString().replaceAll("^\\+I\\[|]$", "");
                if (kind == RowKind.INSERT || kind == RowKind.UPDATE_AFTER) {
                    rows.add(text);
                } else {
                    assertTrue(rows.remove(text), text + " was taken back and is not there");
                }
            }
        }
        return rows;
    }
}
