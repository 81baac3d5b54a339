package io.gridseal.flink;

import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.utils.TypeConversions;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;

import static io.gridseal.flink.SpecReader.require;
import static io.gridseal.flink.SpecReader.requireText;

/**
 * What {@link GridsealSources#kafka} reads.
 *
 * @param uid name and identity of the source in checkpoints
 * @param maxBytes a longer message is refused
 * @param maxAheadSeconds default of the same key of every TIMESTAMP column; absent: no limit
 * @param columns the columns in the order of the row
 * @param lostBefore of a partition the offset before which whatever was not read is given up for lost; absent: nothing is
 * @param properties further ones of Kafka's client, such as how it logs in; absent: none
 */
record KafkaSpec(String uid, String bootstrapServers, String groupId, String topic, int maxBytes, Long maxAheadSeconds,
                 List<ColumnSpec> columns, Map<Integer, Long> lostBefore, Map<String, String> properties) implements Serializable {

    /** Columns that every row has after those of the message. */
    static final List<String> POSITION_COLUMNS =
            List.of("payload", "topic", "kafka_partition", "kafka_offset", "kafka_timestamp", "reason");

    KafkaSpec {
        requireText(uid, "uid");
        requireText(bootstrapServers, "bootstrapServers");
        requireText(groupId, "groupId");
        requireText(topic, "topic");
        require(maxBytes > 0, "maxBytes is %d; it must be at least 1", maxBytes);
        require(columns != null && !columns.isEmpty(), "columns is empty; state at least one column");
        lostBefore = lostBefore == null ? Map.of() : Map.copyOf(lostBefore);
        properties = properties == null ? Map.of() : Map.copyOf(properties);
        Set<String> names = new HashSet<>(POSITION_COLUMNS);
        Set<String> fields = new HashSet<>();
        for (ColumnSpec column : columns) {
            require(names.add(column.name()), "column %s appears twice (%s are added to every row)",
                    column.name(), String.join(", ", POSITION_COLUMNS));
            require(fields.add(column.field()), "field %s is read by two columns; a field feeds one column", column.field());
        }
    }

    static KafkaSpec read(String json) {
        return SpecReader.read(json, KafkaSpec.class, "specification of a Kafka source");
    }

    /** How any client of ours reaches the brokers. */
    Properties client() {
        Properties client = new Properties();
        client.putAll(properties);
        client.setProperty("bootstrap.servers", bootstrapServers);
        return client;
    }

    /** Without the properties, which may hold a password. */
    @Override
    public String toString() {
        return String.format("KafkaSpec[%s %s %s]", uid, bootstrapServers, topic);
    }

    RowType rowType() {
        List<DataTypes.Field> fields = new ArrayList<>();
        columns.forEach(c -> fields.add(DataTypes.FIELD(c.name(), TypeConversions.fromLogicalToDataType(c.logicalType()))));
        fields.add(DataTypes.FIELD("payload", DataTypes.BYTES()));
        fields.add(DataTypes.FIELD("topic", DataTypes.STRING()));
        fields.add(DataTypes.FIELD("kafka_partition", DataTypes.INT()));
        fields.add(DataTypes.FIELD("kafka_offset", DataTypes.BIGINT()));
        fields.add(DataTypes.FIELD("kafka_timestamp", DataTypes.TIMESTAMP(3)));
        fields.add(DataTypes.FIELD("reason", DataTypes.STRING()));
        return (RowType) DataTypes.ROW(fields).getLogicalType();
    }
}
