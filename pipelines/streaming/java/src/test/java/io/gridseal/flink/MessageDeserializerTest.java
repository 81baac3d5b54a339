package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.api.common.functions.util.ListCollector;
import org.apache.flink.table.data.RowData;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** Whatever comes is one row, and a message that is not read keeps its bytes and says why. */
class MessageDeserializerTest {
    private static final String GOOD = "{\"meter_id\":\"M00001\",\"event_time\":\"2026-11-20T00:01:00Z\",\"active_power\":1.5}";
    private static final long[] TIMES = {1_795_132_920_000L, 0, -1, 253_402_300_799_999L, 253_402_300_800_000L, Long.MAX_VALUE, Long.MIN_VALUE};
    /** What each piece of a nasty message is made of. */
    private static final String[] PIECES = {
        "{", "}", "[", "]", ":", ",", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "-", "1e999999999", "1e-999999999", "0".repeat(1200),
        "\"meter_id\":", "\"event_time\":", "\"active_power\":", "\"M00001\"", "\"+999999999-12-31T23:59:59.999999999Z\"",
        "\"-999999999-01-01T00:00:00+18:00\"", "\"2026-11-20T00:01:00Z\"", "NaN", "Infinity", "/**/", "#", "'", "\u0000", "\ufeff", "\ud83d\ude00", " \t\r\n"};

    private final MessageDeserializer deserializer = new MessageDeserializer(KafkaSpec.read(TablesTest.KAFKA));
    private long offset;

    private RowData only(byte[] payload, long time) {
        List<RowData> rows = new ArrayList<>();
        deserializer.deserialize(new ConsumerRecord<>("meter-readings", 3, offset++, time, TimestampType.CREATE_TIME, 0, 0,
                null, payload, new RecordHeaders(), Optional.empty()), new ListCollector<>(rows));
        assertEquals(1, rows.size());
        RowData row = rows.get(0);
        assertEquals(List.of(3, offset - 1), List.of(row.getInt(8), row.getLong(9)));
        return row;
    }

    /** The reason of a refused message, whose bytes must be there and whose columns must not; null if it was read. */
    private String reason(byte[] payload, long time) {
        RowData row = only(payload, time);
        if (row.isNullAt(11)) {
            assertTrue(row.isNullAt(6), "the bytes of a message that was read are not kept");
            return null;
        }
        if (payload == null) {
            assertTrue(row.isNullAt(6));
        } else {
            assertArrayEquals(payload, row.getBinary(6));
        }
        for (int i = 0; i < 6; i++) {
            assertTrue(row.isNullAt(i));
        }
        assertTrue(!row.getString(11).toString().isBlank());
        return row.getString(11).toString();
    }

    private String reason(String payload) {
        return reason(payload.getBytes(StandardCharsets.UTF_8), TIMES[0]);
    }

    @Test
    void aMessageThatItsSenderRefusesIsADeadLetterWithItsReason() {
        byte[] payload = GOOD.getBytes(StandardCharsets.UTF_8);
        for (String reason : List.of("no image: caf\u00e9", "", "x".repeat(10_000))) {
            RecordHeaders headers = new RecordHeaders();
            headers.add(MessageDeserializer.REFUSED, reason.getBytes(StandardCharsets.UTF_8));
            List<RowData> rows = new ArrayList<>();
            deserializer.deserialize(new ConsumerRecord<>("meter-readings", 3, offset++, TIMES[0], TimestampType.CREATE_TIME,
                    0, 0, null, payload, headers, Optional.empty()), new ListCollector<>(rows));
            RowData row = rows.get(0);
            assertTrue(row.isNullAt(0), "its columns are not read");
            assertArrayEquals(payload, row.getBinary(6));
            String told = row.getString(11).toString();
            assertTrue(told.startsWith("refused by its sender: " + reason.substring(0, Math.min(400, reason.length()))), told);
            assertTrue(told.length() < 600);
        }
        assertNull(reason(GOOD), "without that header it is read");
    }

    @Test
    void nestingAsDeepAsAMessageMayBeIsRefused() {
        for (String open : List.of("[", "{\"a\":", "[{\"a\":", "[[],", "{\"a\":{},\"b\":")) {
            String deep = open.repeat(65_000 / open.length());
            assertNotNull(reason(deep), open);
            assertNotNull(reason("{\"more\":" + deep.substring(0, 64_000)), open);
            assertNotNull(reason(GOOD.replace("\"M00001\"", deep.substring(0, 64_000))), open);
            assertNotNull(reason(GOOD.replace("1.5", deep.substring(0, 64_000))), open);
        }
        assertNull(reason(GOOD), "the next message is read as if nothing had been");
    }

    @Test
    void longestTextsNumbersAndKeysAreRefusedOrRead() {
        int most = 65_000;
        assertNotNull(reason(GOOD.replace("M00001", "M".repeat(most))));
        assertNotNull(reason(GOOD.replace("M00001", "\\u00e9".repeat(most / 6))));
        assertNotNull(reason(GOOD.replace("1.5", "1".repeat(most))));
        assertNotNull(reason(GOOD.replace("1.5", "1." + "0".repeat(most))));
        assertNotNull(reason(GOOD.replace("2026-11-20T00:01:00Z", "2".repeat(most))));
        assertNotNull(reason(GOOD.replace("00Z", "00." + "0".repeat(most) + "Z")));
        assertNull(reason(GOOD.replace("{", "{\"" + "k".repeat(most) + "\":1,")));
        assertNull(reason(GOOD.replace("{", "{\"k\":\"" + "\\n".repeat(most / 2) + "\",")));
        StringBuilder keys = new StringBuilder("{");
        for (int i = 0; keys.length() < most; i++) {
            keys.append("\"k").append(i).append("\":").append(i).append(',');
        }
        assertNull(reason(GOOD.replace("{", keys)));
    }

    @Test
    void whateverIsMadeOfNastyPiecesIsOneRow() {
        Random random = new Random(6);
        int refused = 0;
        for (int i = 0; i < 30_000; i++) {
            StringBuilder text = new StringBuilder(random.nextBoolean() ? GOOD : "");
            for (int j = random.nextInt(12); j >= 0; j--) {
                text.insert(random.nextInt(text.length() + 1), PIECES[random.nextInt(PIECES.length)]);
            }
            byte[] bytes = text.toString().getBytes(random.nextInt(10) == 0 ? StandardCharsets.UTF_16 : StandardCharsets.UTF_8);
            String reason = reason(bytes, TIMES[random.nextInt(TIMES.length)]);
            refused += reason == null ? 0 : 1;
            assertTrue(reason == null || !reason.startsWith("not readable"), () -> reason + " of " + text);
        }
        assertTrue(refused > 20_000, refused + " were refused");
    }

    @Test
    void whateverBytesComeAreOneRow() {
        Random random = new Random(7);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = new byte[random.nextInt(40)];
            random.nextBytes(bytes);
            assertNotNull(reason(bytes, TIMES[random.nextInt(TIMES.length)]));
        }
        assertNotNull(reason(null, TIMES[0]));
    }

    @Test
    void aTimeThatNoTimestampHoldsIsNone() {
        for (long time : TIMES) {
            boolean held = time >= 0 && time <= 253_402_300_799_999L;
            assertEquals(!held, only(GOOD.getBytes(StandardCharsets.UTF_8), time).isNullAt(10));
        }
    }
}
