package io.gridseal.flink;

import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.context.ExecutionContext;
import org.apache.flink.table.runtime.operators.bundle.KeyedMapBundleOperator;
import org.apache.flink.table.runtime.operators.bundle.MapBundleFunction;
import org.apache.flink.table.runtime.operators.bundle.trigger.CountBundleTrigger;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.Collector;

import java.util.Map;

/**
 * Passes on what has changed in a table between two checkpoints, and nothing that was changed and changed back.
 *
 * <p>A chain of joins takes a row back and makes it again, unchanged, whenever one of its inputs closes a version. Where
 * such a row is joined to every reading since, each of these pairs costs two changes a reading in every stage below.
 * Changes are held until the barrier of the next checkpoint comes by and leave before it, so that they become visible
 * no later than without.
 *
 * <p>At every moment a key has at most one row: its changes arrive in order, and the last one counts.
 */
public final class NetChanges extends MapBundleFunction<BinaryRowData, RowData, RowData, RowData> {
    private static final long serialVersionUID = 1L;
    /** Changes held at most, whatever the time between two checkpoints. */
    private static final long MOST_CHANGES = 5_000;

    private final RowType type;
    private transient RowDataSerializer serializer;
    private transient ValueState<RowData> passed;

    private NetChanges(RowType type) {
        this.type = type;
    }

    /**
     * The net changes of a changelog.
     *
     * @param changes changes of a table
     * @param type columns of the table
     * @param key columns of its key
     */
    public static DataStream<RowData> of(DataStream<RowData> changes, RowType type, String[] key) {
        return of(changes, type, key, MOST_CHANGES);
    }

    static DataStream<RowData> of(DataStream<RowData> changes, RowType type, String[] key, long mostChanges) {
        RowKey selector = new RowKey(type, key);
        return changes.keyBy(selector, selector.type())
                .transform("NetChanges", changes.getType(),
                        new KeyedMapBundleOperator<>(new NetChanges(type), new CountBundleTrigger<>(mostChanges)));
    }

    @Override
    public void open(ExecutionContext context) throws Exception {
        super.open(context);
        serializer = new RowDataSerializer(type);
        passed = context.getRuntimeContext().getState(
                new ValueStateDescriptor<>("passed", InternalTypeInfo.of(type)));
    }

    @Override
    public RowData addInput(RowData earlier, RowData change) {
        // In binary form two rows are equal if their values are.
        return serializer.toBinaryRow(change).copy();
    }

    @Override
    public void finishBundle(Map<BinaryRowData, RowData> last, Collector<RowData> out) throws Exception {
        for (Map.Entry<BinaryRowData, RowData> entry : last.entrySet()) {
            ctx.setCurrentKey(entry.getKey());
            pass(passed.value(), entry.getValue(), out);
        }
    }

    private void pass(RowData before, RowData change, Collector<RowData> out) throws Exception {
        boolean gone = change.getRowKind() == RowKind.DELETE || change.getRowKind() == RowKind.UPDATE_BEFORE;
        change.setRowKind(RowKind.INSERT);
        if (gone) {
            if (before != null) {
                passed.clear();
                before.setRowKind(RowKind.DELETE);
                out.collect(before);
            }
        } else if (before == null) {
            passed.update(change);
            out.collect(change);
        } else if (!change.equals(serializer.toBinaryRow(before))) {
            passed.update(change);
            before.setRowKind(RowKind.UPDATE_BEFORE);
            out.collect(before);
            RowData after = serializer.copy(change);
            after.setRowKind(RowKind.UPDATE_AFTER);
            out.collect(after);
        }
    }
}
