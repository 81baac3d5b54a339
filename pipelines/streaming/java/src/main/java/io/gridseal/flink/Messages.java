package io.gridseal.flink;

import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.json.JsonMapper;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Reads messages outside of the job, as the job would, for Python to call over Py4J: hence bytes and texts. */
public final class Messages {
    private Messages() {}

    /**
     * Reads messages by a contract.
     *
     * @param specJson as of {@link GridsealSources#kafka}
     * @param framed the messages one after the other, each as its Kafka timestamp (8 bytes, ms since 1970), the number of
     *     its bytes (4 bytes), and these; numbers with the highest byte first
     * @param columns whose values are wanted, separated by commas
     * @return JSON array: of each message null if it is refused, else an array of the values as texts, null for NULL
     */
    public static String read(String specJson, byte[] framed, String columns) throws JsonProcessingException {
        KafkaSpec spec = KafkaSpec.read(specJson);
        MessageDeserializer deserializer = new MessageDeserializer(spec);
        List<String> names = spec.columns().stream().map(ColumnSpec::name).collect(Collectors.toList());
        List<RowData.FieldGetter> wanted = Arrays.stream(columns.split(",")).map(names::indexOf)
                .map(i -> RowData.createFieldGetter(spec.columns().get(i).logicalType(), i)).collect(Collectors.toList());
        int reason = names.size() + KafkaSpec.POSITION_COLUMNS.indexOf("reason");
        List<RowData> rows = new ArrayList<>();
        ListCollector<RowData> collector = new ListCollector<>(rows);
        for (ByteBuffer frames = ByteBuffer.wrap(framed); frames.hasRemaining(); ) {
            long time = frames.getLong();
            byte[] payload = new byte[frames.getInt()];
            frames.get(payload);
            deserializer.deserialize(new ConsumerRecord<>(spec.topic(), 0, rows.size(), time, TimestampType.CREATE_TIME,
                    0, payload.length, null, payload, new RecordHeaders(), Optional.empty()), collector);
        }
        List<List<String>> read = new ArrayList<>();
        for (RowData row : rows) {
            read.add(row.isNullAt(reason) ? texts(row, wanted) : null);
        }
        return new JsonMapper().writeValueAsString(read);
    }

    private static List<String> texts(RowData row, List<RowData.FieldGetter> columns) {
        List<String> texts = new ArrayList<>();
        for (RowData.FieldGetter column : columns) {
            Object value = column.getFieldOrNull(row);
            texts.add(value == null ? null : value.toString());
        }
        return texts;
    }
}
