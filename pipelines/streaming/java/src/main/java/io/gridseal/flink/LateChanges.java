package io.gridseal.flink;

import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.OneInputStreamOperator;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the changes whose days were frozen when they came: input (id, table, day), output (id, table, first day, last day).
 *
 * <p>A change passes the gates of the tables before the next barrier, while the horizon stands where the last barrier has put
 * it. So the changes of each span between barriers are held until its end, when that place is known; it may be known to have
 * moved on by then, and a day too many is repaired.
 */
final class LateChanges extends AbstractStreamOperator<RowData> implements OneInputStreamOperator<RowData, RowData> {
    private static final long serialVersionUID = 1L;

    private final OpenDay firstOpen;
    private transient List<Change> held;

    private record Change(String id, String table, String day) {}

    private LateChanges(OpenDay firstOpen) {
        this.firstOpen = firstOpen;
    }

    /** The late ones among changes. */
    static DataStream<RowData> of(DataStream<RowData> changes, RowType type, OpenDay firstOpen) {
        return changes.transform("LateChanges", InternalTypeInfo.of(type), new LateChanges(firstOpen));
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        firstOpen.restore(context);
    }

    @Override
    public void open() throws Exception {
        super.open();
        held = new ArrayList<>();
    }

    @Override
    public void processElement(StreamRecord<RowData> element) {
        RowData row = element.getValue();
        held.add(new Change(row.getString(0).toString(), row.getString(1).toString(), row.getString(2).toString()));
    }

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        firstOpen.moveTo(Horizon.at(getContainingTask().getEnvironment().getGlobalAggregateManager(), checkpoint));
        for (Change change : held) {
            if (!firstOpen.isOpen(change.day())) {
                String last = LocalDate.parse(firstOpen.get()).minusDays(1).toString();
                output.collect(new StreamRecord<>(GenericRowData.of(
                        StringData.fromString(change.id()),
                        StringData.fromString(change.table()),
                        StringData.fromString(change.day()),
                        StringData.fromString(last))));
            }
        }
        held.clear();
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        firstOpen.keep();
    }
}
