package io.gridseal.flink;

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

    private transient List<Change> held;

    private record Change(String id, String table, String day) {}

    private LateChanges() {}

    /** The late ones among changes. */
    static DataStream<RowData> of(DataStream<RowData> changes, RowType type) {
        return changes.transform("LateChanges", InternalTypeInfo.of(type), new LateChanges());
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
        if (held.isEmpty()) {
            return;
        }
        String firstOpen = Horizon.at(getContainingTask().getEnvironment().getGlobalAggregateManager(), checkpoint);
        for (Change change : held) {
            if (change.day().compareTo(firstOpen) < 0) {
                String last = LocalDate.parse(firstOpen).minusDays(1).toString();
                output.collect(new StreamRecord<>(GenericRowData.of(
                        StringData.fromString(change.id()),
                        StringData.fromString(change.table()),
                        StringData.fromString(change.day()),
                        StringData.fromString(last))));
            }
        }
        held.clear();
    }
}
