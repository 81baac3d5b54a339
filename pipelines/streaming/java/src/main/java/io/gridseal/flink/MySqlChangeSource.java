package io.gridseal.flink;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.connector.source.Boundedness;
import org.apache.flink.api.connector.source.Source;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.api.connector.source.SourceReaderContext;
import org.apache.flink.api.connector.source.SplitEnumerator;
import org.apache.flink.api.connector.source.SplitEnumeratorContext;
import org.apache.flink.api.java.typeutils.ResultTypeQueryable;
import org.apache.flink.cdc.connectors.mysql.source.MySqlSource;
import org.apache.flink.cdc.connectors.mysql.source.assigners.state.PendingSplitsState;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfig;
import org.apache.flink.cdc.connectors.mysql.source.metrics.MySqlSourceReaderMetrics;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlRecordEmitter;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSourceReader;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSourceReaderContext;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSplit;
import org.apache.flink.connector.base.source.reader.synchronization.FutureCompletingBlockingQueue;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.table.data.RowData;

/** Flink CDC's source of MySQL changes, read by {@link WatchedSplitReader}; all else is the original. */
final class MySqlChangeSource
        implements Source<RowData, MySqlSplit, PendingSplitsState>, ResultTypeQueryable<RowData> {
    private static final long serialVersionUID = 1L;

    private final MySqlSource<RowData> source;
    private final ChangeDeserializer deserializer;

    /** @param source made with that deserializer */
    MySqlChangeSource(MySqlSource<RowData> source, ChangeDeserializer deserializer) {
        this.source = source;
        this.deserializer = deserializer;
    }

    @Override
    public SourceReader<RowData, MySqlSplit> createReader(SourceReaderContext context) {
        int subtask = context.getIndexOfSubtask();
        MySqlSourceConfig config = source.getConfigFactory().createConfig(subtask);
        MySqlSourceReaderMetrics metrics = new MySqlSourceReaderMetrics(context.metricGroup());
        metrics.registerMetrics();
        MySqlSourceReaderContext readerContext = new MySqlSourceReaderContext(context);
        return new MySqlSourceReader<>(
                new FutureCompletingBlockingQueue<>(),
                () -> new WatchedSplitReader(config, subtask, readerContext),
                new MySqlRecordEmitter<>(deserializer, metrics, config.isIncludeSchemaChanges()),
                context.getConfiguration(),
                readerContext,
                config);
    }

    @Override
    public Boundedness getBoundedness() {
        return source.getBoundedness();
    }

    @Override
    public SplitEnumerator<MySqlSplit, PendingSplitsState> createEnumerator(SplitEnumeratorContext<MySqlSplit> context) {
        return source.createEnumerator(context);
    }

    @Override
    public SplitEnumerator<MySqlSplit, PendingSplitsState> restoreEnumerator(
            SplitEnumeratorContext<MySqlSplit> context, PendingSplitsState checkpoint) {
        return source.restoreEnumerator(context, checkpoint);
    }

    @Override
    public SimpleVersionedSerializer<MySqlSplit> getSplitSerializer() {
        return source.getSplitSerializer();
    }

    @Override
    public SimpleVersionedSerializer<PendingSplitsState> getEnumeratorCheckpointSerializer() {
        return source.getEnumeratorCheckpointSerializer();
    }

    @Override
    public TypeInformation<RowData> getProducedType() {
        return deserializer.getProducedType();
    }
}
