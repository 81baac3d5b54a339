package io.gridseal.flink;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.cdc.connectors.mysql.source.MySqlSource;
import org.apache.flink.connector.kafka.source.KafkaSource;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.data.RowData;

import java.time.Duration;
import java.util.Properties;

/**
 * The two sources of the streaming job, for PyFlink to call over Py4J: hence texts of JSON for arguments.
 *
 * <p>Both give insert-only streams. An argument that is wrong is an IllegalArgumentException that names it.
 */
public final class GridsealSources {
    private static final Duration PARTITION_DISCOVERY = Duration.ofSeconds(60);
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private GridsealSources() {}

    /**
     * Reads a topic of JSON messages, from its beginning, one row a message. Messages that are gone before they were read
     * end the job.
     *
     * @param specJson uid, bootstrapServers, groupId, topic, maxBytes, maxAheadSeconds (optional) and columns, each with
     *     name, field, type, required, minLength, maxLength, pattern, minimum, maximum, maxAheadSeconds (name and type are
     *     needed), and lostBefore (optional), of a partition the offset before which nothing need be there any more, and
     *     properties (optional) of Kafka's client
     * @return the columns, then payload BYTES, topic STRING, kafka_partition INT, kafka_offset BIGINT,
     *     kafka_timestamp TIMESTAMP(3), reason STRING; reason is NULL and payload too when the message was read, else
     *     payload holds its bytes and the columns are NULL
     */
    public static DataStream<RowData> kafka(StreamExecutionEnvironment env, String specJson) {
        KafkaSpec spec = KafkaSpec.read(specJson);
        KafkaSource<RowData> source = KafkaSource.<RowData>builder()
                .setGroupId(spec.groupId())
                .setClientIdPrefix(spec.groupId() + "-" + spec.uid())
                .setTopics(spec.topic())
                .setStartingOffsets(new WholeTopic())
                .setProperties(spec.client())
                .setProperty("commit.offsets.on.checkpoint", "true")
                .setProperty("partition.discovery.interval.ms", String.valueOf(PARTITION_DISCOVERY.toMillis()))
                .setDeserializer(new MessageDeserializer(spec))
                .build();
        return stream(env, new KafkaMessageSource(source, spec), spec.uid());
    }

    /**
     * Reads the rows of MySQL or MariaDB tables as they are, then every change of theirs, through one reader of the binlog,
     * so that the changes of all tables come in the order in which they were made.
     *
     * @param specJson uid, hostname, port, username, password, database, tables, serverId, startup (optional: initial or
     *     earliest), tls (optional); of each table its name, contract and columns, each with field, type and required
     * @return table_name STRING, op STRING (r read, c create, u update, d delete), op_ts TIMESTAMP(3), binlog_file STRING,
     *     binlog_pos BIGINT, binlog_row INT, image MAP&lt;STRING, STRING&gt;, as {@link ChangeDeserializer} explains
     */
    public static DataStream<RowData> mysqlChanges(StreamExecutionEnvironment env, String specJson) {
        MySqlSpec spec = MySqlSpec.read(specJson);
        Properties jdbc = new Properties();
        jdbc.setProperty("sslMode", spec.sslMode());
        Properties debezium = new Properties();
        // Exact values in the records; ChangeDeserializer writes them out.
        debezium.setProperty("decimal.handling.mode", "precise");
        debezium.setProperty("bigint.unsigned.handling.mode", "precise");
        // The client's own reconnecting loses rows; WatchedSplitReader says how, and what is done instead.
        debezium.setProperty("connect.keep.alive", "false");
        debezium.setProperty("database.ssl.mode", spec.tls() ? "verify_identity" : "disabled");
        ChangeDeserializer deserializer = new ChangeDeserializer(
                new ContractCheck(spec.database(), spec.tables(), DatabaseColumns.at(spec)));
        MySqlSource<RowData> source = MySqlSource.<RowData>builder()
                .hostname(spec.hostname())
                .port(spec.port())
                .username(spec.username())
                .password(spec.password())
                .databaseList(spec.database())
                .tableList(spec.tables().stream().map(t -> spec.database() + "." + t.name()).toArray(String[]::new))
                .serverId(spec.serverId())
                .serverTimeZone("UTC")
                .startupOptions(spec.startupOptions())
                .heartbeatInterval(HEARTBEAT)
                // Without it, a job that goes on from a checkpoint with one table more fails at that table's first change.
                .scanNewlyAddedTableEnabled(true)
                .jdbcProperties(jdbc)
                .debeziumProperties(debezium)
                .deserializer(deserializer)
                .build();
        // One task keeps the order of the binlog; the snapshot of a business database is small.
        return stream(env, new MySqlChangeSource(source, deserializer), spec.uid()).setParallelism(1);
    }

    /** Makes the temporary view of {@link #kafka}. */
    public static void registerKafka(
            StreamTableEnvironment tables, StreamExecutionEnvironment env, String viewName, String specJson) {
        tables.createTemporaryView(viewName, tables.fromDataStream(kafka(env, specJson)));
    }

    /** Makes the temporary view of {@link #mysqlChanges}. */
    public static void registerMysqlChanges(
            StreamTableEnvironment tables, StreamExecutionEnvironment env, String viewName, String specJson) {
        tables.createTemporaryView(viewName, tables.fromDataStream(mysqlChanges(env, specJson)));
    }

    private static SingleOutputStreamOperator<RowData> stream(
            StreamExecutionEnvironment env, Source<RowData, ?, ?> source, String uid) {
        return env.fromSource(source, WatermarkStrategy.noWatermarks(), uid).uid(uid).name(uid);
    }
}
