package io.gridseal.flink;

import org.apache.flink.api.common.serialization.DeserializationSchema;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.connector.kafka.source.reader.deserializer.KafkaRecordDeserializationSchema;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.util.Collector;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Turns every Kafka message into exactly one row: the message's columns, or its bytes and the reason why it was refused.
 *
 * <p>One row a message is what lets a reconciliation add up: messages = readings + dead letters.
 */
final class MessageDeserializer implements KafkaRecordDeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;
    /** 9999-12-31T23:59:59.999Z, the last time that SQL's TIMESTAMP holds. A producer may send any number. */
    private static final long LAST_MILLIS = 253_402_300_799_999L;
    /** Header by which a sender says that its message is a dead letter, and why: of a file that is no image, say. */
    static final String REFUSED = "gridseal-refused";

    private final KafkaSpec spec;
    private transient MessageParser parser;
    private transient StringData topic;

    MessageDeserializer(KafkaSpec spec) {
        this.spec = spec;
        open(null);
    }

    @Override
    public void open(DeserializationSchema.InitializationContext context) {
        List<ColumnSpec> columns = spec.columns().stream()
                .map(c -> isTime(c) && c.maxAheadSeconds() == null ? c.withMaxAheadSeconds(spec.maxAheadSeconds()) : c)
                .collect(Collectors.toList());
        parser = new MessageParser(columns, spec.maxBytes());
        topic = StringData.fromString(spec.topic());
    }

    @Override
    public void deserialize(ConsumerRecord<byte[], byte[]> message, Collector<RowData> out) {
        int at = spec.columns().size();
        GenericRowData row = new GenericRowData(at + KafkaSpec.POSITION_COLUMNS.size());
        boolean timed = message.timestamp() >= 0 && message.timestamp() <= LAST_MILLIS;
        Header refused = message.headers().lastHeader(REFUSED);
        String reason = refused != null
                ? MessageParser.shortened("refused by its sender: " + text(refused))
                : parser.parse(message.value(), timed ? message.timestamp() : -1, row);
        // The bytes of a message that was read would only weigh on state and network: its columns hold all that is kept.
        row.setField(at, reason == null ? null : message.value());
        row.setField(at + 1, topic);
        row.setField(at + 2, message.partition());
        row.setField(at + 3, message.offset());
        row.setField(at + 4, timed ? TimestampData.fromEpochMillis(message.timestamp()) : null);
        row.setField(at + 5, reason == null ? null : StringData.fromString(reason));
        out.collect(row);
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return InternalTypeInfo.of(spec.rowType());
    }

    private static String text(Header header) {
        return header.value() == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static boolean isTime(ColumnSpec column) {
        return column.logicalType().is(org.apache.flink.table.types.logical.LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE);
    }
}
