package io.gridseal.flink;

import java.util.List;
import java.util.stream.IntStream;
import org.apache.flink.core.memory.MemorySegmentFactory;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.binary.BinarySegmentUtils;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hudi.org.apache.avro.Schema;
import org.apache.hudi.org.apache.avro.generic.GenericData;
import org.apache.hudi.org.apache.avro.generic.GenericRecord;
import org.apache.hudi.util.RowDataToAvroConverters;
import org.apache.hudi.util.RowDataToAvroConverters.RowDataToAvroConverter;

/** The rows of a table, as bytes and as records of Avro whose values are those that Hudi makes of them. */
final class RowFormat {
    private final int columns;
    private final int[] keys;
    private final int[] all;
    private final RowDataSerializer serializer;
    private final RowData.FieldGetter[] getters;
    private final RowDataToAvroConverter[] converters;

    /**
     * @param rows Type of a row.
     * @param keys The columns that say which record it is and in which partition it lies.
     */
    RowFormat(RowType rows, List<String> keys) {
        this.columns = rows.getFieldCount();
        this.keys = keys.stream().mapToInt(rows::getFieldIndex).toArray();
        this.all = IntStream.range(0, columns).toArray();
        this.serializer = new RowDataSerializer(rows);
        this.getters = IntStream.range(0, columns)
                .mapToObj(column -> RowData.createFieldGetter(rows.getTypeAt(column), column))
                .toArray(RowData.FieldGetter[]::new);
        this.converters = rows.getChildren().stream()
                .map(RowDataToAvroConverters::createConverter)
                .toArray(RowDataToAvroConverter[]::new);
    }

    byte[] bytes(RowData row) {
        BinaryRowData binary = serializer.toBinaryRow(row);
        return BinarySegmentUtils.copyToBytes(binary.getSegments(), binary.getOffset(), binary.getSizeInBytes());
    }

    /** The record of a row, of which nothing is given but its key and its partition. */
    GenericRecord key(RowData row, Schema schema) {
        return record(row, schema, keys);
    }

    /**
     * The record of a row.
     *
     * @param row As {@link #bytes} gives it.
     * @param schema The row's columns, in their order. Fields before them are Hudi's own and stay null.
     */
    GenericRecord record(byte[] row, Schema schema) {
        BinaryRowData binary = new BinaryRowData(columns);
        binary.pointTo(MemorySegmentFactory.wrap(row), 0, row.length);
        return record(binary, schema, all);
    }

    private GenericRecord record(RowData row, Schema schema, int[] given) {
        GenericData.Record record = new GenericData.Record(schema);
        List<Schema.Field> fields = schema.getFields();
        int first = fields.size() - columns;
        for (int column : given) {
            Object value = getters[column].getFieldOrNull(row);
            record.put(first + column, converters[column].convert(fields.get(first + column).schema(), value));
        }
        return record;
    }
}
