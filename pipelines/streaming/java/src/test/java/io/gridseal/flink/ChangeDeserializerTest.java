package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.debezium.data.Bits;
import io.debezium.time.Date;
import io.debezium.time.MicroTime;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.Timestamp;
import io.debezium.time.ZonedTimestamp;
import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Decimal;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.source.SourceRecord;
import org.apache.flink.table.data.MapData;
import org.apache.flink.table.data.RowData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Records as Debezium 1.9 makes them of MariaDB 10.11, seen with a server; the stack's own tests run against one. */
class ChangeDeserializerTest {
    private static final Schema SOURCE = SchemaBuilder.struct().field("db", Schema.STRING_SCHEMA)
            .field("table", Schema.STRING_SCHEMA).field("ts_ms", Schema.INT64_SCHEMA).field("file", Schema.STRING_SCHEMA)
            .field("pos", Schema.INT64_SCHEMA).field("row", Schema.INT32_SCHEMA).build();
    private static final Schema ROW = SchemaBuilder.struct().optional().field("id", Schema.INT32_SCHEMA)
            .field("price", Decimal.builder(5).optional().build()).build();
    private static final Schema CHANGE = SchemaBuilder.struct().field("before", ROW).field("after", ROW)
            .field("source", SOURCE).field("op", Schema.STRING_SCHEMA).build();

    private static Struct row(int id, String price) {
        return new Struct(ROW).put("id", id).put("price", price == null ? null : new BigDecimal(price));
    }

    private static SourceRecord record(String op, Struct before, Struct after) {
        Struct source = new Struct(SOURCE).put("db", "grid").put("table", "tariff").put("ts_ms", 1_795_129_200_000L)
                .put("file", "binlog.000002").put("pos", 6783L).put("row", 3);
        Struct change = new Struct(CHANGE).put("before", before).put("after", after).put("source", source).put("op", op);
        return new SourceRecord(null, null, "grid.tariff", null, null, null, CHANGE, change);
    }

    private static List<RowData> rows(SourceRecord record) {
        List<RowData> rows = new ArrayList<>();
        ContractCheck nothingNeeded = new ContractCheck("grid", List.of(), table -> Set.of());
        new ChangeDeserializer(nothingNeeded).deserialize(record, new ListCollector<>(rows));
        return rows;
    }

    private static String text(SourceRecord record) {
        RowData row = rows(record).get(0);
        MapData image = row.getMap(6);
        List<String> values = new ArrayList<>();
        for (int i = 0; i < image.size(); i++) {
            String value = image.valueArray().isNullAt(i) ? "NULL" : image.valueArray().getString(i).toString();
            values.add(image.keyArray().getString(i) + "=" + value);
        }
        values.sort(null);
        return String.format("%s %s %s [%s:%d:%d] %s", row.getString(0), row.getString(1), row.getTimestamp(2, 3),
                row.getString(3), row.getLong(4), row.getInt(5), values);
    }

    @Test
    void tellsWhatWasChangedWhenAndWhere() {
        String at = "2026-11-19T23:00 [binlog.000002:6783:";
        assertEquals("tariff c " + at + "6] [id=1, price=0.00001]", text(record("c", null, row(1, "0.00001"))));
        assertEquals("tariff u " + at + "6] [id=1, price=NULL]", text(record("u", row(1, "0.00001"), row(1, null))));
        assertEquals("tariff d " + at + "6] [id=1, price=2.00000]", text(record("d", row(1, "2.00000"), null)));
        assertEquals("tariff r 1970-01-01T00:00 [:0:0] [id=1, price=2.00000]", text(record("r", null, row(1, "2.00000"))));
    }

    @Test
    void aChangedKeyGivesTwoPlacesInOrder() {
        SourceRecord create = record("c", null, row(2, "1.00000"));
        create.headers().add("__debezium.oldkey", 1, Schema.INT32_SCHEMA);
        SourceRecord delete = record("d", row(1, "1.00000"), null);
        delete.headers().add("__debezium.newkey", 2, Schema.INT32_SCHEMA);
        assertTrue(text(delete).contains(":6783:6]"), text(delete));
        assertTrue(text(create).contains(":6783:7]"), text(create));
    }

    @Test
    void whatIsNoChangeOfARowGivesNoRow() {
        assertEquals(List.of(), rows(new SourceRecord(null, null, "grid.tariff", null, null, null, null, null)));
        assertEquals(List.of(), rows(record("t", null, null)));
        Schema history = SchemaBuilder.struct().field("historyRecord", Schema.STRING_SCHEMA).build();
        Struct ddl = new Struct(history).put("historyRecord", "{}");
        assertEquals(List.of(), rows(new SourceRecord(null, null, "grid", null, null, null, history, ddl)));
    }

    static Stream<Object[]> values() {
        Schema bits = Bits.builder(12).build();
        return Stream.of(
                new Object[] {Decimal.schema(12), new BigDecimal("0.000000000001"), "0.000000000001"},
                new Object[] {Decimal.schema(0), new BigDecimal("18446744073709551615"), "18446744073709551615"},
                new Object[] {Date.schema(), 18_292, "2020-01-31"},
                new Object[] {Timestamp.schema(), 1_612_325_106_000L, "2021-02-03 04:05:06.000"},
                new Object[] {MicroTimestamp.schema(), 1_612_325_106_123_456L, "2021-02-03 04:05:06.123456"},
                new Object[] {MicroTimestamp.schema(), -1L, "1969-12-31 23:59:59.999999"},
                new Object[] {ZonedTimestamp.schema(), "2021-02-03T05:05:06.5+01:00", "2021-02-03 04:05:06.500000"},
                new Object[] {MicroTime.schema(), 3_723_000_001L, "01:02:03.000001"},
                new Object[] {MicroTime.schema(), -90_062_000_000L, "-25:01:02.000000"},
                new Object[] {bits, new byte[] {(byte) 0xAA, 0x0A}, "2730"},
                new Object[] {Schema.BOOLEAN_SCHEMA, true, "1"},
                new Object[] {Schema.INT16_SCHEMA, (short) -7, "-7"},
                new Object[] {Schema.FLOAT64_SCHEMA, 1.5e10, "1.5E10"},
                new Object[] {Schema.BYTES_SCHEMA, ByteBuffer.wrap(new byte[] {0, (byte) 0xFF}), "00ff"},
                new Object[] {Schema.BYTES_SCHEMA, new byte[] {0x1F}, "1f"},
                new Object[] {Schema.STRING_SCHEMA, "Zoë 😀", "Zoë 😀"});
    }

    @ParameterizedTest
    @MethodSource("values")
    void writesValuesThatCastReads(Schema schema, Object value, String text) {
        assertEquals(text, ChangeValue.text(schema, value));
        assertNull(ChangeValue.text(schema, null));
    }
}
