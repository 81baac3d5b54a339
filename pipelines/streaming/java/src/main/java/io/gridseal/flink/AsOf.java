package io.gridseal.flink;

import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.state.MapStateDescriptor;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeutils.base.LongSerializer;
import org.apache.flink.api.common.typeutils.base.MapSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.state.StateSnapshotContext;
import org.apache.flink.runtime.state.VoidNamespace;
import org.apache.flink.runtime.state.VoidNamespaceSerializer;
import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;
import org.apache.flink.streaming.api.operators.AbstractStreamOperator;
import org.apache.flink.streaming.api.operators.InternalTimer;
import org.apache.flink.streaming.api.operators.InternalTimerService;
import org.apache.flink.streaming.api.operators.Triggerable;
import org.apache.flink.streaming.api.operators.TwoInputStreamOperator;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.data.utils.JoinedRowData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.types.RowKind;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiPredicate;

/**
 * Facts, each with the version in force at its own time, for the days that are open.
 *
 * <p>First input: facts, inserts only; of several with one key and time the one that comes first by its columns of order
 * counts. Second input: versions by key and the time from which they are in force. Output: the columns of the fact, then
 * those of the version, null if there was none; changes when a version or an earlier fact turns up later.
 *
 * <p>The state holds the facts of the open days. A fact of a frozen day goes to {@link AsOfSpec#late()} instead; the facts of
 * a day that has been frozen are taken back, in the hours after, so that whatever is made of them leaves the state of the
 * stages below. {@link HorizonGate} keeps that from the tables.
 */
final class AsOf extends AbstractStreamOperator<RowData>
        implements TwoInputStreamOperator<RowData, RowData, RowData>, Triggerable<BinaryRowData, VoidNamespace> {
    private static final long serialVersionUID = 1L;
    private static final long HOUR = 3_600_000L;
    /** Hours over which the facts of a frozen day are taken back, so that not all meters come at once. */
    private static final int HOURS_OF_TAKING_BACK = 20;

    private final AsOfSpec spec;
    private final OpenDay firstOpen;
    private final Past past;

    private transient MapState<Long, RowData> facts;
    private transient ValueState<Map<Long, RowData>> versions;
    private transient InternalTimerService<VoidNamespace> timers;
    private transient RowDataSerializer factSerializer;
    private transient RowDataSerializer versionSerializer;
    private transient RowData noVersion;
    private transient JoinedRowData joined;
    private transient StreamRecord<RowData> out;
    /** The day for which a key has a timer, the last one only; a second timer at the same time is no other. */
    private transient Map<Object, String> timed;
    private transient TreeMap<Long, String> reported;
    /** Days before it are frozen at every gate. */
    private transient String frozenEverywhere;
    private transient long watermark;

    AsOf(AsOfSpec spec, OpenDay firstOpen, Past past) {
        this.spec = spec;
        this.firstOpen = firstOpen;
        this.past = past;
    }

    @Override
    public void initializeState(StateInitializationContext context) throws Exception {
        super.initializeState(context);
        factSerializer = new RowDataSerializer(spec.facts());
        versionSerializer = new RowDataSerializer(spec.versions());
        facts = context.getKeyedStateStore()
                .getMapState(new MapStateDescriptor<>("facts", LongSerializer.INSTANCE, factSerializer));
        versions = context.getKeyedStateStore().getState(
                new ValueStateDescriptor<>("versions", new MapSerializer<>(LongSerializer.INSTANCE, versionSerializer)));
        firstOpen.restore(context);
        past.restore(context);
        frozenEverywhere = firstOpen.get();
    }

    @Override
    public void open() throws Exception {
        super.open();
        timers = getInternalTimerService("frozen-days", VoidNamespaceSerializer.INSTANCE, this);
        noVersion = new GenericRowData(spec.versions().getFieldCount());
        joined = new JoinedRowData();
        out = new StreamRecord<>(joined);
        timed = new HashMap<>();
        reported = new TreeMap<>();
        watermark = Long.MIN_VALUE;
    }

    @Override
    public void processElement1(StreamRecord<RowData> element) throws Exception {
        RowData fact = element.getValue();
        String day = fact.getString(spec.day()).toString();
        if (!firstOpen.isOpen(day)) {
            output.collect(spec.late(), new StreamRecord<>(fact));
            return;
        }
        long time = fact.getTimestamp(spec.time(), 3).getMillisecond();
        RowData earlier = facts.get(time);
        if (earlier != null && !spec.comesFirst(fact, earlier)) {
            return;
        }
        RowData version = inForce(known(), time);
        if (earlier != null) {
            emit(RowKind.UPDATE_BEFORE, earlier, version);
        } else if (!day.equals(timed.put(getCurrentKey(), day))) {
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, takenBackFrom(LocalDate.parse(day)));
        }
        facts.put(time, factSerializer.toBinaryRow(fact).copy());
        emit(earlier == null ? RowKind.INSERT : RowKind.UPDATE_AFTER, fact, version);
    }

    @Override
    public void processElement2(StreamRecord<RowData> element) throws Exception {
        RowData version = element.getValue();
        RowKind kind = version.getRowKind();
        if (kind == RowKind.UPDATE_BEFORE) {
            // The row of the same key that follows takes its place.
            return;
        }
        TreeMap<Long, RowData> known = known();
        long from = version.getTimestamp(spec.validFrom(), 3).getMillisecond();
        RowData before = inForce(known, from);
        if (kind == RowKind.DELETE) {
            known.remove(from);
        } else {
            BinaryRowData copy = versionSerializer.toBinaryRow(version).copy();
            copy.setRowKind(RowKind.INSERT);
            known.put(from, copy);
        }
        RowData after = inForce(known, from);
        Long next = known.higherKey(from);
        if (known.isEmpty()) {
            versions.clear();
        } else {
            versions.update(new HashMap<>(known));
        }
        for (RowData fact : factsWhere((time, day) -> time >= from && (next == null || time < next))) {
            emit(RowKind.UPDATE_BEFORE, fact, before);
            emit(RowKind.UPDATE_AFTER, fact, after);
        }
    }

    /** Only the facts tell the time. */
    @Override
    public void processWatermark1(Watermark mark) throws Exception {
        watermark = mark.getTimestamp();
        processWatermark(mark);
    }

    @Override
    public void processWatermark2(Watermark mark) {}

    @Override
    public void onEventTime(InternalTimer<BinaryRowData, VoidNamespace> timer) throws Exception {
        TreeMap<Long, RowData> known = known();
        for (RowData fact : factsWhere((time, day) -> day.compareTo(frozenEverywhere) < 0)) {
            long time = fact.getTimestamp(spec.time(), 3).getMillisecond();
            emit(RowKind.DELETE, fact, inForce(known, time));
            facts.remove(time);
        }
        if (frozenEverywhere.compareTo(spec.horizon().firstOpenDay(watermark)) < 0) {
            // Readings come faster than checkpoints.
            timers.registerEventTimeTimer(VoidNamespace.INSTANCE, watermark + HOUR);
        }
    }

    @Override
    public void onProcessingTime(InternalTimer<BinaryRowData, VoidNamespace> timer) {}

    @Override
    public void prepareSnapshotPreBarrier(long checkpoint) throws Exception {
        GlobalAggregateManager aggregates = getContainingTask().getEnvironment().getGlobalAggregateManager();
        // Readings of now may overtake those of the past, whose days must be open until all of them are here.
        boolean whole = past.hasEnded(aggregates, checkpoint);
        String reached = whole ? spec.horizon().firstOpenDay(watermark) : Horizon.NOTHING_FROZEN;
        firstOpen.moveTo(Horizon.report(aggregates, checkpoint, getRuntimeContext().getTaskInfo(), reached));
        reported.put(checkpoint, firstOpen.get());
    }

    @Override
    public void snapshotState(StateSnapshotContext context) throws Exception {
        super.snapshotState(context);
        firstOpen.keep();
        past.keep();
    }

    @Override
    public void notifyCheckpointComplete(long checkpoint) throws Exception {
        super.notifyCheckpointComplete(checkpoint);
        Map.Entry<Long, String> report = reported.floorEntry(checkpoint);
        if (report != null) {
            frozenEverywhere = report.getValue();
            reported.headMap(report.getKey(), true).clear();
        }
    }

    private TreeMap<Long, RowData> known() throws Exception {
        Map<Long, RowData> stored = versions.value();
        return stored == null ? new TreeMap<>() : new TreeMap<>(stored);
    }

    private RowData inForce(TreeMap<Long, RowData> known, long time) {
        Map.Entry<Long, RowData> found = known.floorEntry(time);
        return found == null ? noVersion : found.getValue();
    }

    /** Facts of the current key; a copy, since what is done with them changes the state. */
    private List<RowData> factsWhere(BiPredicate<Long, String> wanted) throws Exception {
        List<RowData> found = new ArrayList<>();
        for (Map.Entry<Long, RowData> entry : facts.entries()) {
            if (wanted.test(entry.getKey(), entry.getValue().getString(spec.day()).toString())) {
                found.add(entry.getValue());
            }
        }
        return found;
    }

    private long takenBackFrom(LocalDate day) {
        long spread = Math.floorMod(getCurrentKey().hashCode(), HOURS_OF_TAKING_BACK);
        return spec.horizon().frozenFrom(day) + (1 + spread) * HOUR;
    }

    private void emit(RowKind kind, RowData fact, RowData version) {
        joined.replace(fact, version);
        joined.setRowKind(kind);
        output.collect(out.replace(joined));
    }
}
