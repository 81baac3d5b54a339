package io.gridseal.flink;

import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.BoundedOneInput;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;

/** Passes on rows that came before the job began, and makes known when all of them have passed, as {@link Past} explains. */
final class PastRows extends AbstractStreamOperator<RowData>
        implements OneInputStreamOperator<RowData, RowData>, BoundedOneInput {
    private static final long serialVersionUID = 1L;

    private final String name;
    private transient boolean ended;

    private PastRows(String name) {
        this.name = name;
        chainingStrategy = ChainingStrategy.ALWAYS;
    }

    /** These rows. */
    static DataStream<RowData> of(DataStream<RowData> rows, String name) {
        return rows.transform("PastRows", rows.getType(), new PastRows(name));
    }

    @Override
    public void open() throws Exception {
        super.open();
        Past.begin(aggregates(), task());
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        output.collect(element);
    }

    /** The end of these rows is not the end of time. */
    @Override
    public void processWatermark(Watermark mark) {}

    @Override
    public void endInput() {
        ended = true;
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        if (ended) {
            Past.end(aggregates(), task(), checkpoint);
        }
    }

    private GlobalAggregateManager aggregates() {
        return getContainingTask().getEnvironment().getGlobalAggregateManager();
    }

    private String task() {
        return name + "#" + getRuntimeContext().getTaskInfo().getIndexOfThisSubtask();
    }
}
