package io.gridseal.flink;

import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.hudi.client.WriteStatus;
import org.apache.hudi.common.model.HoodieRecord;
import org.apache.hudi.sink.bucket.BucketStreamWriteFunction;
import org.apache.hudi.sink.common.AbstractWriteOperator;
import org.apache.hudi.sink.common.WriteOperatorFactory;

/** Hudi's writer of tables whose bucket is computed, for {@link RowRecords}. */
final class RowWriter extends BucketStreamWriteFunction<HoodieRecord<?>> {
    private static final long serialVersionUID = 1L;

    private RowWriter(Configuration options) {
        super(options);
    }

    static WriteOperatorFactory<HoodieRecord<?>> operator(Configuration options) {
        return WriteOperatorFactory.instance(options, new Operator(options));
    }

    @Override
    @SuppressWarnings({"rawtypes", "unchecked"})
    protected List<WriteStatus> writeBucket(String instant, DataBucket bucket, List<HoodieRecord> records) {
        bucket.preWrite(records);
        records.replaceAll(record -> new RowRecord((HoodieRecord<RowPayload>) record));
        return writeFunction.apply(records, instant);
    }

    private static final class Operator extends AbstractWriteOperator<HoodieRecord<?>> {
        private static final long serialVersionUID = 1L;

        Operator(Configuration options) {
            super(new RowWriter(options));
        }
    }
}
