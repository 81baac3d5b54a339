package io.gridseal.flink;

import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.ChainingStrategy;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.RowData;

/**
 * Keeps the rows of frozen days from a table: what the stream still says of them is that it forgets them.
 *
 * <p>The stream takes back the facts of a day once it is frozen, so that the sums made of them leave the state. In the
 * lake they stay, and change only when a batch run makes that day anew.
 */
final class HorizonGate extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final int dayColumn;
    private final OpenDay first = new OpenDay(Horizon.NOTHING_FROZEN);

    private HorizonGate(int dayColumn) {
        this.dayColumn = dayColumn;
        chainingStrategy = ChainingStrategy.ALWAYS;
    }

    /** Changes of a table without those of frozen days. */
    static DataStream<RowData> of(DataStream<RowData> changes, int dayColumn) {
        return changes.transform("HorizonGate", changes.getType(), new HorizonGate(dayColumn));
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        first.restore(context);
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        if (first.isOpen(element.getValue().getString(dayColumn).toString())) {
            output.collect(element);
        }
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        first.moveTo(Horizon.at(getContainingTask().getEnvironment().getGlobalAggregateManager(), checkpoint));
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        first.keep();
    }
}
