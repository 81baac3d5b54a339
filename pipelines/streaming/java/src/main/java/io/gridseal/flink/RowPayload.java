package io.gridseal.flink;

import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hudi.common.model.OverwriteWithLatestAvroPayload;
import org.apache.hudi.common.util.Option;
import org.apache.hudi.org.apache.avro.Schema;
import org.apache.hudi.org.apache.avro.generic.GenericRecord;
import org.apache.hudi.org.apache.avro.generic.IndexedRecord;

/**
 * A row that waits for its table's next flush, as the bytes that Flink has for it.
 *
 * <p>It says all that Hudi's own payload says, which holds a record of Avro as bytes: made from the row, written, and read
 * again at the flush. Here the record is made at the flush, once.
 */
final class RowPayload extends OverwriteWithLatestAvroPayload {
    private static final long serialVersionUID = 1L;

    /**
     * How rows of each table become records, by the table's path. Not in the payload: Hudi estimates the size of what waits by
     * following all references.
     */
    private static final Map<String, RowFormat> FORMATS = new ConcurrentHashMap<>();

    private final String table;
    private final byte[] row;

    RowPayload(String table, byte[] row) {
        super(Option.empty());
        this.table = table;
        this.row = row;
    }

    static void register(String table, RowFormat format) {
        FORMATS.put(table, format);
    }

    GenericRecord record(Schema schema) {
        return FORMATS.get(table).record(row, schema);
    }

    /** A delete is told by the record's operation, never by its content. */
    @Override
    public boolean isDeleted(Schema schema, Properties properties) {
        return false;
    }

    @Override
    public Option<IndexedRecord> getInsertValue(Schema schema) {
        return Option.of(record(schema));
    }
}
