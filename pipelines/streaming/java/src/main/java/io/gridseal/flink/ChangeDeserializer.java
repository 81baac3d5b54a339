package io.gridseal.flink;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Field;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.cdc.debezium.DebeziumDeserializationSchema;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Collector;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.util.HashMap;
import java.util.Map;

/**
 * Turns every change of a database row into one row that says what, when, where in the binlog, and the row's image.
 *
 * <p>The image is the row after the change, of a delete the row before it, with every value as a text that SQL's CAST reads
 * exactly (see {@link ChangeValue}); its columns come from the change itself, so a new column needs no change here. One that a contract
 * needs and the change lacks ends the job (see {@link ContractCheck}).
 *
 * <p>(binlog_file, binlog_pos) is the event's place in the binlog and binlog_row the change's place in the event, so the
 * three name one change and order all of them, and are the same after a replay. Of a changed primary key the binlog has one
 * row and this stream two, a delete and a create: binlog_row is therefore twice the row's number in its event, plus 1 for
 * such a create. Rows read before the binlog have op r, op_ts 1970-01-01, file '' and position 0.
 */
final class ChangeDeserializer implements DebeziumDeserializationSchema<RowData> {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(ChangeDeserializer.class);
    private static final StringData NO_FILE = StringData.fromString("");
    /** Debezium marks the create that follows the delete of a changed primary key with the old key. */
    private static final String CREATE_OF_CHANGED_KEY = "__debezium.oldkey";

    static final RowType ROW_TYPE = (RowType) DataTypes.ROW(
            DataTypes.FIELD("table_name", DataTypes.STRING()),
            DataTypes.FIELD("op", DataTypes.STRING()),
            DataTypes.FIELD("op_ts", DataTypes.TIMESTAMP(3)),
            DataTypes.FIELD("binlog_file", DataTypes.STRING()),
            DataTypes.FIELD("binlog_pos", DataTypes.BIGINT()),
            DataTypes.FIELD("binlog_row", DataTypes.INT()),
            DataTypes.FIELD("image", DataTypes.MAP(DataTypes.STRING(), DataTypes.STRING()))).getLogicalType();

    private final ContractCheck check;

    ChangeDeserializer(ContractCheck check) {
        this.check = check;
    }

    @Override
    public void deserialize(SourceRecord record, Collector<RowData> out) {
        Struct change = record.value() instanceof Struct ? (Struct) record.value() : null;
        if (change == null || change.schema().field("op") == null) {
            return;
        }
        String op = change.getString("op");
        Struct image = switch (op) {
            case "r", "c", "u" -> change.getStruct("after");
            case "d" -> change.getStruct("before");
            default -> null;
        };
        Struct source = change.getStruct("source");
        if (image == null) {
            LOG.warn("{}.{}: change {} at {}:{} has no row image and yields no row; r, c, u and d do",
                    source.getString("db"), source.getString("table"), op, source.getString("file"), source.getInt64("pos"));
            return;
        }
        boolean snapshot = op.equals("r");
        boolean createOfChangedKey = op.equals("c") && record.headers().lastWithName(CREATE_OF_CHANGED_KEY) != null;
        GenericRowData row = new GenericRowData(ROW_TYPE.getFieldCount());
        row.setField(0, StringData.fromString(source.getString("table")));
        row.setField(1, StringData.fromString(op));
        row.setField(2, TimestampData.fromEpochMillis(snapshot ? 0 : source.getInt64("ts_ms")));
        row.setField(3, snapshot ? NO_FILE : StringData.fromString(source.getString("file")));
        row.setField(4, snapshot ? 0L : source.getInt64("pos"));
        row.setField(5, snapshot ? 0 : 2 * source.getInt32("row") + (createOfChangedKey ? 1 : 0));
        Map<String, String> values = values(image);
        String where = snapshot ? "of the first snapshot" : String.format("at %s:%d", source.getString("file"), source.getInt64("pos"));
        try {
            check.check(source.getString("table"), where, image.schema(), values);
        } catch (SourceFailure e) {
            throw e.later();
        }
        row.setField(6, map(values));
        out.collect(row);
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return InternalTypeInfo.of(ROW_TYPE);
    }

    private static Map<String, String> values(Struct image) {
        Map<String, String> values = new HashMap<>();
        for (Field field : image.schema().fields()) {
            values.put(field.name(), ChangeValue.text(field.schema(), image.get(field)));
        }
        return values;
    }

    private static GenericMapData map(Map<String, String> values) {
        Map<StringData, StringData> texts = new HashMap<>();
        values.forEach((name, text) -> texts.put(StringData.fromString(name), text == null ? null : StringData.fromString(text)));
        return new GenericMapData(texts);
    }
}
