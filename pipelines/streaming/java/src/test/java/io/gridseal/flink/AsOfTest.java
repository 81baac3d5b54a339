package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.flink.api.common.state.CheckpointListener;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.SinkFunction;
import org.apache.flink.streaming.api.functions.source.SourceFunction;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Facts and the versions in force, on a running Flink with checkpoints. A line of a script is a reading, "R meter time
 * offset", a version, "V meter time name", the end of one, "D meter time", or "settle": until what was said before has
 * reached every operator, and then a checkpoint has been taken.
 */
class AsOfTest {
    private static final RowType FACTS = RowType.of(
            new LogicalType[] {
                VarCharType.STRING_TYPE, new TimestampType(3), VarCharType.STRING_TYPE, new IntType(), new BigIntType()
            },
            new String[] {"meter_id", "event_time", "dt", "kafka_partition", "kafka_offset"});
    private static final RowType VERSIONS = RowType.of(
            new LogicalType[] {VarCharType.STRING_TYPE, new TimestampType(3), VarCharType.STRING_TYPE},
            new String[] {"meter_id", "valid_from", "name"});
    private static final List<String> CHANGES = new CopyOnWriteArrayList<>();
    private static final List<String> TABLE = new CopyOnWriteArrayList<>();
    private static final List<String> LATE = new CopyOnWriteArrayList<>();

    @BeforeEach
    void forget() {
        CHANGES.clear();
        TABLE.clear();
        LATE.clear();
    }

    @Test
    void theVersionInForceAtTheTimeOfTheFact() throws Exception {
        run(1, "V m 1T00:00 old", "V m 1T12:00 new", "settle", "R m 1T11:59 1", "R m 1T12:00 2", "R other 1T12:00 3");
        assertEquals(List.of("+I m 1T11:59 1 old", "+I m 1T12:00 2 new", "+I other 1T12:00 3 null"), CHANGES);
    }

    @Test
    void theFirstOfTheSameTimeCounts() throws Exception {
        run(1, "V m 1T00:00 a", "settle", "R m 1T10:00 5", "R m 1T10:00 7", "R m 1T10:00 3");
        assertEquals(List.of("+I m 1T10:00 5 a", "-U m 1T10:00 5 a", "+U m 1T10:00 3 a"), CHANGES);
    }

    @Test
    void aVersionThatBecomesKnownLaterRepairsTheFactsOfItsTime() throws Exception {
        run(1, "V m 1T00:00 a", "V m 1T12:00 c", "settle", "R m 1T06:00 1", "R m 1T08:00 2", "R m 1T12:00 3", "settle",
                "V m 1T08:00 b");
        assertEquals(List.of("-U m 1T08:00 2 a", "+U m 1T08:00 2 b"), CHANGES.subList(3, CHANGES.size()));
    }

    @Test
    void aVersionThatGoesLeavesTheOneBefore() throws Exception {
        run(1, "V m 1T00:00 a", "V m 1T08:00 b", "settle", "R m 1T09:00 1", "settle", "D m 1T08:00", "settle",
                "D m 1T00:00");
        assertEquals(List.of("+I m 1T09:00 1 b", "-U m 1T09:00 1 b", "+U m 1T09:00 1 a", "-U m 1T09:00 1 a",
                "+U m 1T09:00 1 null"), CHANGES);
    }

    @Test
    void aFrozenDayIsTakenBackFromTheStagesBelowAndStaysInTheTable() throws Exception {
        run(1, "V m 1T00:00 a", "settle", "R m 1T10:00 1", "settle", "R m 3T23:00 2", "settle", "R m 3T23:30 3", "settle",
                "settle");
        assertEquals(List.of("+I m 1T10:00 1 a", "+I m 3T23:00 2 a", "+I m 3T23:30 3 a", "-D m 1T10:00 1 a"),
                CHANGES.stream().sorted(java.util.Comparator.comparing(c -> c.startsWith("-D"))).toList());
        assertEquals(List.of("+I m 1T10:00 1 a", "+I m 3T23:00 2 a", "+I m 3T23:30 3 a"), TABLE);
    }

    @Test
    void whatComesForAFrozenDayIsLateAndChangesNothing() throws Exception {
        run(1, "V m 1T00:00 a", "settle", "R m 1T10:00 1", "R m 3T01:00 2", "settle", "R m 1T11:00 3", "R m 2T11:00 4",
                "settle", "V m 1T05:00 b", "settle");
        assertEquals(List.of("m 1T11:00 3"), LATE);
        assertEquals(List.of("+I m 1T10:00 1 a", "+I m 3T01:00 2 a", "+I m 2T11:00 4 a", "-U m 3T01:00 2 a",
                "+U m 3T01:00 2 b", "-U m 2T11:00 4 a", "+U m 2T11:00 4 b"),
                TABLE.stream().sorted(java.util.Comparator.comparing(AsOfTest::turn)).toList());
    }

    /** Inserts first, then repairs by reading: the order in which a state gives its facts is none of ours. */
    private static String turn(String change) {
        String[] parts = change.split(" ");
        return parts[0].equals("+I") ? "0" : (parts[2].startsWith("3") ? "1" : "2") + (parts[0].equals("-U") ? "0" : "1");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void theStateEndsEmptyWhateverComesInWhicheverOrder(int parallelism) throws Exception {
        Random random = new Random(7);
        List<String> script = new ArrayList<>();
        for (int day = 1; day <= 6; day++) {
            for (int i = 0; i < 40; i++) {
                String meter = "m" + random.nextInt(5);
                int of = Math.max(1, day - random.nextInt(4));
                if (random.nextInt(6) == 0) {
                    script.add("V " + meter + " " + of + "T0" + random.nextInt(9) + ":00 v" + random.nextInt(3));
                } else {
                    script.add("R " + meter + " " + of + "T1" + random.nextInt(9) + ":00 " + script.size());
                }
            }
            script.add("settle");
        }
        script.addAll(List.of("R m0 20T00:00 1000", "settle", "R m0 20T23:00 1001", "settle", "settle"));
        run(parallelism, script.toArray(new String[0]));
        // Applied one by one, each change finds what it takes back, and nothing of the frozen days is left.
        java.util.Set<String> rows = new java.util.TreeSet<>();
        for (String change : CHANGES) {
            String row = change.substring(3);
            assertEquals(true, change.startsWith("+") ? rows.add(row) : rows.remove(row), change);
        }
        assertEquals(2, rows.size(), rows.toString());
        assertEquals(true, LATE.size() > 10 && CHANGES.size() > 200);
    }

    @Test
    void theHorizonWaitsForTheEndOfThePast() throws Exception {
        List<String> past = List.of("settle", "settle", "settle", "R m 3T12:00 2");
        run(2, past, "2026-01-02", "R m 1T10:00 0", "R m 9T10:00 1", "settle", "settle", "settle", "settle", "settle", "settle", "settle",
                "R m 3T13:00 3");
        // The day before the first open one is frozen from the beginning, the third once the past has ended.
        assertEquals(List.of("m 1T10:00 0", "m 3T13:00 3"), LATE);
        assertEquals(List.of("+I m 9T10:00 1 null", "+I m 3T12:00 2 null"), TABLE);
    }

    private static void run(int parallelism, String... script) throws Exception {
        run(parallelism, List.of(), Horizon.NOTHING_FROZEN, script);
    }

    private static void run(int parallelism, List<String> past, String firstOpen, String... script) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(Configuration.fromMap(Map.of(
                "pipeline.object-reuse", "true",
                "execution.checkpointing.interval", "100ms",
                "pipeline.auto-watermark-interval", "20ms",
                "restart-strategy.type", "none",
                "parallelism.default", String.valueOf(parallelism))));
        DataStream<String> lines = env.addSource(new Script(script)).setParallelism(1);
        DataStream<RowData> facts = lines.filter(line -> line.startsWith("R")).setParallelism(1)
                .map(AsOfTest::fact, InternalTypeInfo.of(FACTS)).setParallelism(1);
        if (!past.isEmpty()) {
            DataStream<RowData> rows = env.addSource(new Script(past.toArray(new String[0]))).setParallelism(1)
                    .map(AsOfTest::fact, InternalTypeInfo.of(FACTS)).setParallelism(1);
            facts = facts.union(((SingleOutputStreamOperator<RowData>) Facts.past(rows, "past")).setParallelism(1));
        }
        DataStream<RowData> versions = lines.filter(line -> !line.startsWith("R")).setParallelism(1)
                .map(AsOfTest::version, InternalTypeInfo.of(VERSIONS)).setParallelism(1);
        Facts found = Facts.asOf(facts, FACTS, versions, VERSIONS, new Facts.Spec(
                "meter_id", "event_time", "dt", "valid_from", "kafka_partition",
                new String[] {"kafka_partition", "kafka_offset"}, "UTC", 1, 0, firstOpen,
                past.isEmpty() ? 0 : 1));
        found.stream().addSink(new Collect("changes"));
        Facts.openDays(found.stream(), found.type(), "dt").addSink(new Collect("table"));
        found.late().addSink(new Collect("late"));
        env.execute();
    }

    private static RowData fact(String line) {
        String[] parts = line.split(" ");
        return GenericRowData.of(StringData.fromString(parts[1]), time(parts[2]),
                StringData.fromString(instant(parts[2]).toLocalDate().toString()), 0, Long.parseLong(parts[3]));
    }

    private static RowData version(String line) {
        String[] parts = line.split(" ");
        RowKind kind = parts[0].equals("D") ? RowKind.DELETE : RowKind.INSERT;
        return GenericRowData.ofKind(kind, StringData.fromString(parts[1]), time(parts[2]),
                StringData.fromString(parts[0].equals("D") ? "" : parts[3]));
    }

    private static TimestampData time(String text) {
        return TimestampData.fromLocalDateTime(instant(text));
    }

    private static LocalDateTime instant(String text) {
        String[] parts = text.split("T");
        return LocalDateTime.parse(String.format("2026-01-%02dT%s", Integer.parseInt(parts[0]), parts[1]));
    }

    private static String text(RowData row) {
        LocalDateTime time = row.getTimestamp(1, 3).toLocalDateTime();
        return row.getString(0) + " " + time.getDayOfMonth() + "T" + time.toLocalTime() + " " + row.getLong(4);
    }

    private static final class Collect implements SinkFunction<RowData> {
        private static final long serialVersionUID = 1L;
        private final String into;

        private Collect(String into) {
            this.into = into;
        }

        @Override
        public void invoke(RowData row, Context context) {
            if (into.equals("late")) {
                LATE.add(text(row));
                return;
            }
            String change = row.getRowKind().shortString() + " " + text(row) + " "
                    + (row.isNullAt(7) ? null : row.getString(7));
            (into.equals("table") ? TABLE : CHANGES).add(change);
        }
    }

    private static final class Script implements SourceFunction<String>, CheckpointListener {
        private static final long serialVersionUID = 1L;
        private final String[] lines;
        private volatile long completed;

        private Script(String[] lines) {
            this.lines = lines;
        }

        @Override
        public void run(SourceContext<String> context) throws Exception {
            for (String line : lines) {
                if (line.equals("settle")) {
                    settle();
                } else {
                    synchronized (context.getCheckpointLock()) {
                        context.collect(line);
                    }
                }
            }
            settle();
        }

        private void settle() throws Exception {
            // Watermarks follow within 20 ms; the second checkpoint from here begins after that, the third moves the horizon.
            Thread.sleep(150);
            long enough = completed + 3;
            while (completed < enough) {
                Thread.sleep(5);
            }
            Thread.sleep(50);
        }

        @Override
        public void notifyCheckpointComplete(long checkpoint) {
            completed++;
        }

        @Override
        public void cancel() {}
    }
}
