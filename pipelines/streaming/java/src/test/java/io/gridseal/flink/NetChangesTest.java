package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.apache.flink.util.CloseableIterator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The net of changes, bundle by bundle, on a running Flink. */
class NetChangesTest {
    private static final RowType TYPE = RowType.of(
            new LogicalType[] {VarCharType.STRING_TYPE, new DecimalType(20, 3), VarCharType.STRING_TYPE},
            new String[] {"key", "price", "name"});
    private static final long ALL = 1_000_000;

    @Test
    void whatIsChangedBackIsNotPassedOn() throws Exception {
        assertEquals(List.of("+I b 2.000"), net(ALL, "+I a 1", "+I b 1", "-U b 1", "+U b 2", "-D a 1"));
    }

    @Test
    void aRowTakenBackAndMadeAgainIsNoChange() throws Exception {
        assertEquals(List.of("+I a 1.000"), net(3, "+I a 1", "-U a 1", "+U a 1", "-D a 1", "+I a 1"));
    }

    @Test
    void aChangeTakesBackWhatWasPassedOn() throws Exception {
        assertEquals(List.of("+I a 1.000", "-U a 1.000", "+U a 3.000", "-D a 3.000", "+I a 1.000"),
                net(2, "+I a 1", "+I a 1", "-U a 1", "+U a 3", "-U a 3", "-D a 3", "+I a 1"));
    }

    @Test
    void nullsAreValues() throws Exception {
        assertEquals(List.of("+I a null", "-U a null", "+U a 1.000"), net(1, "+I a null", "+U a null", "+U a 1"));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 7, 100, ALL})
    void theTableStaysTheSame(long most) throws Exception {
        Random random = new Random(42);
        Map<String, String> table = new HashMap<>();
        List<String> changes = new ArrayList<>();
        for (int i = 0; i < 2_000; i++) {
            String key = "k" + random.nextInt(20);
            String before = table.remove(key);
            if (before != null) {
                changes.add((random.nextBoolean() ? "-U " : "-D ") + key + " " + before);
            }
            if (random.nextInt(4) > 0) {
                String value = random.nextInt(5) == 0 ? "null" : String.valueOf(random.nextInt(3));
                table.put(key, value);
                changes.add((before == null ? "+I " : "+U ") + key + " " + value);
            }
        }
        Map<String, String> made = new HashMap<>();
        List<String> passed = net(most, changes.toArray(new String[0]));
        for (String change : passed) {
            String[] parts = change.split(" ");
            String value = parts[2].replace(".000", "");
            switch (parts[0]) {
                case "+I" -> assertEquals(null, made.put(parts[1], value), change);
                case "-U", "-D" -> assertEquals(value, made.remove(parts[1]), change);
                default -> assertEquals(null, made.put(parts[1], value), change);
            }
        }
        assertEquals(table, made);
        assertEquals(true, passed.size() <= changes.size());
    }

    private static List<String> net(long most, String... changes) throws Exception {
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(
                Configuration.fromMap(Map.of("pipeline.object-reuse", "true", "parallelism.default", "1")));
        List<RowData> rows = new ArrayList<>();
        for (String change : changes) {
            rows.add(row(change.split(" ")));
        }
        DataStream<RowData> stream = env.fromCollection(rows, InternalTypeInfo.of(TYPE));
        List<String> net = new ArrayList<>();
        try (CloseableIterator<RowData> found =
                NetChanges.of(stream, TYPE, new String[] {"key"}, most).executeAndCollect()) {
            found.forEachRemaining(row -> net.add(row.getRowKind().shortString() + " " + row.getString(0) + " "
                    + (row.isNullAt(1) ? null : row.getDecimal(1, 20, 3))));
        }
        return net;
    }

    private static RowData row(String... parts) {
        RowKind kind = switch (parts[0]) {
            case "+I" -> RowKind.INSERT;
            case "-U" -> RowKind.UPDATE_BEFORE;
            case "+U" -> RowKind.UPDATE_AFTER;
            default -> RowKind.DELETE;
        };
        DecimalData price = parts[2].equals("null") ? null : DecimalData.fromBigDecimal(new BigDecimal(parts[2]), 20, 3);
        return GenericRowData.ofKind(kind, StringData.fromString(parts[1]), price, null);
    }
}
