package io.gridseal.flink;

import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.api.common.functions.RichMapFunction;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hudi.common.model.HoodieAvroRecord;
import org.apache.hudi.common.model.HoodieOperation;
import org.apache.hudi.common.model.HoodieRecord;
import org.apache.hudi.configuration.FlinkOptions;
import org.apache.hudi.keygen.BaseKeyGenerator;
import org.apache.hudi.keygen.factory.HoodieAvroKeyGeneratorFactory;
import org.apache.hudi.org.apache.avro.Schema;
import org.apache.hudi.util.StreamerUtil;

/** Hudi's records of a table's rows: the key as Hudi makes it, the content as it came. */
final class RowRecords extends RichMapFunction<RowData, HoodieRecord<?>> {
    private static final long serialVersionUID = 1L;

    private final RowType rows;
    private final Configuration options;
    private transient String table;
    private transient Schema schema;
    private transient RowFormat format;
    private transient BaseKeyGenerator keys;

    RowRecords(RowType rows, Configuration options) {
        this.rows = rows;
        this.options = options;
    }

    @Override
    public void open(Configuration ignored) throws Exception {
        keys = (BaseKeyGenerator)
                HoodieAvroKeyGeneratorFactory.createKeyGenerator(StreamerUtil.flinkConf2TypedProperties(options));
        table = options.get(FlinkOptions.PATH);
        schema = StreamerUtil.getSourceSchema(options);
        format = new RowFormat(
                rows,
                Stream.of(keys.getRecordKeyFieldNames(), keys.getPartitionPathFields())
                        .flatMap(List::stream)
                        .toList());
        RowPayload.register(table, format);
    }

    @Override
    public HoodieRecord<?> map(RowData row) {
        HoodieOperation operation = HoodieOperation.fromValue(row.getRowKind().toByteValue());
        return new HoodieAvroRecord<>(
                keys.getKey(format.key(row, schema)), new RowPayload(table, format.bytes(row)), operation);
    }
}
