package io.gridseal.flink;

import java.util.Map;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.DataStreamSink;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.connector.ProviderContext;
import org.apache.flink.table.connector.sink.DataStreamSinkProvider;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.connector.sink.abilities.SupportsPartitioning;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.Preconditions;
import org.apache.hudi.common.model.HoodieRecord;
import org.apache.hudi.common.model.OverwriteWithLatestAvroPayload;
import org.apache.hudi.configuration.FlinkOptions;
import org.apache.hudi.configuration.OptionsInference;
import org.apache.hudi.configuration.OptionsResolver;
import org.apache.hudi.sink.compact.CompactionCommitEvent;
import org.apache.hudi.sink.compact.CompactionCommitSink;
import org.apache.hudi.sink.compact.CompactionPlanEvent;
import org.apache.hudi.sink.compact.CompactionPlanOperator;
import org.apache.hudi.sink.utils.Pipelines;
import org.apache.hudi.table.HoodieTableSink;

/**
 * Hudi's writer of a stream, without the exchange of its records, and its compactions, one after the other.
 *
 * <p>Hudi makes its records in the tasks that come before the writer, and sends them to it: objects that Flink knows
 * nothing of, so that Kryo has to write and read each. Here rows are sent, which Flink writes as the bytes that they are, and
 * as these bytes they wait in the writer's own task ({@link RowRecords}) until they are flushed ({@link RowWriter}). All rows
 * of a table go to one writer (docs/semantics.md), so that there is nothing to be said about who gets which; those of one
 * task stay in order.
 */
final class HudiSink implements DynamicTableSink, SupportsPartitioning {
    private final HoodieTableSink hudi;
    private final RowType rows;

    HudiSink(HoodieTableSink hudi, RowType rows) {
        this.hudi = hudi;
        this.rows = rows;
    }

    @Override
    public ChangelogMode getChangelogMode(ChangelogMode requested) {
        return hudi.getChangelogMode(requested);
    }

    @Override
    public SinkRuntimeProvider getSinkRuntimeProvider(Context context) {
        return new DataStreamSinkProvider() {
            @Override
            public DataStreamSink<?> consumeDataStream(ProviderContext provider, DataStream<RowData> stream) {
                return write(stream);
            }
        };
    }

    @Override
    public void applyStaticPartition(Map<String, String> partition) {
        hudi.applyStaticPartition(partition);
    }

    @Override
    public DynamicTableSink copy() {
        return new HudiSink((HoodieTableSink) hudi.copy(), rows);
    }

    @Override
    public String asSummaryString() {
        return hudi.asSummaryString();
    }

    private DataStreamSink<?> write(DataStream<RowData> stream) {
        Configuration options = hudi.getConf();
        options.set(
                FlinkOptions.WRITE_COMMIT_ACK_TIMEOUT,
                stream.getExecutionEnvironment().getCheckpointConfig().getCheckpointTimeout());
        OptionsInference.setupSinkTasks(options, stream.getExecutionConfig().getParallelism());
        OptionsInference.setupClientId(options);
        Preconditions.checkArgument(
                options.get(FlinkOptions.WRITE_TASKS) == 1 && options.get(FlinkOptions.BUCKET_INDEX_NUM_BUCKETS) == 1,
                "a table has one writer and one bucket a partition");
        Preconditions.checkArgument(
                options.get(FlinkOptions.PAYLOAD_CLASS_NAME).equals(OverwriteWithLatestAvroPayload.class.getName())
                        && OptionsResolver.getPreCombineField(options) == null,
                "of two rows of a key the later one counts");
        DataStream<HoodieRecord<?>> records = stream.map(
                        new RowRecords(rows, options), TypeInformation.of(new TypeHint<HoodieRecord<?>>() {}))
                .name("row_data_to_hoodie_record")
                .setParallelism(1)
                .startNewChain();
        DataStream<Object> written = records.transform(
                        Pipelines.opName("bucket_write", options),
                        TypeInformation.of(Object.class),
                        RowWriter.operator(options))
                .uid(Pipelines.opUID("bucket_write", options))
                .setParallelism(1);
        return OptionsResolver.needsAsyncCompaction(options)
                ? compact(options, written)
                : Pipelines.clean(options, written);
    }

    /** As {@link Pipelines#compact}, whose exchange by file is for more than one task. */
    private static DataStreamSink<?> compact(Configuration options, DataStream<Object> written) {
        return written.transform(
                        "compact_plan_generate",
                        TypeInformation.of(CompactionPlanEvent.class),
                        new CompactionPlanOperator(options))
                .setParallelism(1)
                .transform("compact_task", TypeInformation.of(CompactionCommitEvent.class), new CompactInTurn(options))
                .setParallelism(1)
                .startNewChain()
                .addSink(new CompactionCommitSink(options))
                .name("compact_commit")
                .setParallelism(1);
    }
}
