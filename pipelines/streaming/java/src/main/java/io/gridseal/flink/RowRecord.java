package io.gridseal.flink;

import java.util.Properties;
import org.apache.hudi.common.model.HoodieAvroRecord;
import org.apache.hudi.common.model.HoodieRecord;
import org.apache.hudi.common.model.MetadataValues;
import org.apache.hudi.common.model.RewriteAvroPayload;
import org.apache.hudi.org.apache.avro.Schema;
import org.apache.hudi.org.apache.avro.generic.GenericRecord;

/** A row that is being written: its record of Avro is made with Hudi's own columns, instead of copied to one that has them. */
final class RowRecord extends HoodieAvroRecord<RowPayload> {
    private static final long serialVersionUID = 1L;

    RowRecord(HoodieRecord<RowPayload> record) {
        super(record);
    }

    @Override
    public HoodieRecord<RewriteAvroPayload> prependMetaFields(
            Schema columns, Schema all, MetadataValues values, Properties properties) {
        GenericRecord record = getData().record(all);
        String[] own = values.getValues();
        for (int field = 0; field < own.length; field++) {
            if (own[field] != null) {
                record.put(field, own[field]);
            }
        }
        return new HoodieAvroRecord<>(getKey(), new RewriteAvroPayload(record), getOperation(), currentLocation, newLocation);
    }
}
