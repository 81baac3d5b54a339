package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

class MessageParserTest {
    static final String GOOD = """
            {"meter_id":"M00001","event_time":"2026-11-20T00:01:00Z","active_power":1.234,"voltage":231.42,"seq":1}""";
    private static final long KAFKA_TIME = Instant.parse("2026-11-20T00:02:00Z").toEpochMilli();
    private static final int MAX_BYTES = 65_536;

    static List<ColumnSpec> columns() {
        return List.of(
                new ColumnSpec("meter_id", null, "STRING", true, 1, 64, "\\S+", null, null, null),
                new ColumnSpec("event_time", null, "TIMESTAMP(3)", true, null, null, null, "2000-01-01T00:00:00Z", null, 86_400L),
                new ColumnSpec("active_power", null, "DECIMAL(10,3)", true, null, null, null, "-10000", "10000", null),
                new ColumnSpec("voltage_v", "voltage", "DECIMAL(8,2)", false, null, null, null, null, null, null),
                new ColumnSpec("seq", null, "BIGINT", false, null, null, null, null, null, null),
                new ColumnSpec("phase", null, "INT", false, null, null, null, "1", "3", null),
                new ColumnSpec("estimated", null, "BOOLEAN", false, null, null, null, null, null, null),
                new ColumnSpec("wide", null, "DECIMAL(38,10)", false, null, null, null, null, null, null));
    }

    private final MessageParser parser = new MessageParser(columns(), MAX_BYTES);
    private final GenericRowData row = new GenericRowData(columns().size());

    private String parse(byte[] payload) {
        return parser.parse(payload, KAFKA_TIME, row);
    }

    private String parse(String payload) {
        return parse(payload.getBytes(StandardCharsets.UTF_8));
    }

    /** The good message with the value of one key replaced by other JSON. */
    private static String with(String key, String json) {
        String replaced = GOOD.replaceAll("(\"" + key + "\":)(\"[^\"]*\"|[^,}]*)", "$1" + json.replace("\\", "\\\\"));
        return replaced.contains("\"" + key + "\"") ? replaced : GOOD.replace("}", ",\"" + key + "\":" + json + "}");
    }

    private static String[] of(String payload, String reason) {
        return new String[] {payload, reason};
    }

    static Stream<String[]> refusals() {
        String nine = "9".repeat(100);
        return Stream.of(
                of("", "empty message"),
                of("  \n", "empty message: 3 bytes of white space"),
                of("null", "not a JSON object: null"),
                of("[]", "not a JSON object: an array"),
                of("\"x\"", "not a JSON object: \"x\""),
                of("17", "not a JSON object: 17"),
                of("hello", "not JSON: Unrecognized token 'hello' near column 6"),
                of("{\"meter_id\":\"M1\"", "not JSON: Unexpected end-of-input: expected close marker for Object near column 17"),
                of(GOOD.substring(0, 40), "not JSON: Unexpected end-of-input in VALUE_STRING near column 41"),
                of(GOOD + "x", "not JSON: more content after the object that ends at byte 103"),
                of(GOOD + GOOD, "not JSON: more content after the object that ends at byte 103"),
                of(GOOD + "\n{}", "not JSON: more content after the object that ends at byte 103"),
                of("\uFEFF" + GOOD, "not JSON: it starts with a byte order mark"),
                of("\0" + GOOD, "not JSON: a zero at byte 1"),
                of(GOOD.replace(",", ",,"), "not JSON: Unexpected character (',' (code 44)) near column 23"),
                of(GOOD.replace('"', '\''), "not JSON: Unexpected character (''' (code 39)) near column 3"),
                of("{\"a\":1,}", "not JSON: Unexpected character ('}' (code 125)) near column 9"),
                of(with("active_power", "NaN"), "not JSON: Non-standard token 'NaN' near column 76"),
                of(with("active_power", "-Infinity"), "not JSON: Non-standard token '-Infinity' near column 82"),
                of(with("active_power", "01.5"), "not JSON: Invalid numeric value: Leading zeroes not allowed near column 74"),
                of(with("active_power", "+1"), "not JSON: Unexpected character ('+' (code 43)) in numeric value near column 75"),
                of(with("active_power", "0x10"), "not JSON: Unexpected character ('x' (code 120)) near column 75"),
                of(GOOD.replace("\"seq\"", "\"meter_id\""), "meter_id: appears twice"),
                of(GOOD.replace("}", ",\"more\":1,\"more\":2}"), "more: appears twice"),
                of(GOOD.replace("}", ",\"more\":{\"a\":1,\"a\":2}}"), "a: appears twice"),
                of(GOOD.replace("}", ",\"more\":" + "[".repeat(100) + "]".repeat(100) + "}"), "nested deeper than 64 levels at column 174"),

                of(GOOD.replace("meter_id", "meterId"), "meter_id: missing"),
                of(with("meter_id", "null"), "meter_id: null, and it is required"),
                of(with("meter_id", "5"), "meter_id: 5 is not a text in quotes"),
                of(with("meter_id", "true"), "meter_id: true is not a text in quotes"),
                of(with("meter_id", "{}"), "meter_id: an object is not a text in quotes"),
                of(with("meter_id", "[\"M1\"]"), "meter_id: an array is not a text in quotes"),
                of(with("meter_id", "\"\""), "meter_id: \"\" has 0 characters, at least 1"),
                of(with("meter_id", '"' + "m".repeat(65) + '"'), "meter_id: \"" + "m".repeat(65) + "\" has 65 characters, at most 64"),
                of(with("meter_id", '"' + "m".repeat(2000) + '"'), "meter_id: \"" + "m".repeat(80) + "...\" has 2,000 characters, at most 64"),
                of(with("meter_id", "\"M 1\""), "meter_id: \"M 1\" does not match \\S+"),
                of(with("meter_id", "\"M\\n1\""), "meter_id: \"M\\u000a1\" does not match \\S+"),
                of(with("meter_id", "\"M\\ud8001\""), "meter_id: \"M\\ud8001\" holds half of a surrogate pair"),
                of(with("meter_id", "\"M\\udc001\""), "meter_id: \"M\\udc001\" holds half of a surrogate pair"),

                of(with("active_power", "\"abc\""), "active_power: \"abc\" is not a number"),
                of(with("active_power", "\"1.5\""), "active_power: \"1.5\" is not a number"),
                of(with("active_power", "true"), "active_power: true is not a number"),
                of(with("active_power", "1.2345"), "active_power: 1.2345 has 4 decimals, at most 3"),
                of(with("active_power", "1e-4"), "active_power: 1e-4 has 4 decimals, at most 3"),
                of(with("active_power", "10000.001"), "active_power: 10000.001 is above 10000"),
                of(with("active_power", "-10000.001"), "active_power: -10000.001 is below -10000"),
                of(with("active_power", "1e400"), "active_power: 1e400 is above 10000"),
                of(with("active_power", nine), "active_power: " + "9".repeat(80) + "... is above 10000"),
                of(with("active_power", "9".repeat(1001)), "active_power: a number of 1,001 characters, at most 1,000"),
                of(with("active_power", "1e99999999999"), "active_power: 1e99999999999 is out of range"),
                of(with("voltage", "231.123456"), "voltage: 231.123456 has 6 decimals, at most 2"),
                of(with("voltage", "1234567"), "voltage: 1234567 has 7 digits before the decimal point, at most 6"),
                of(with("voltage", "1e2147483647"), "voltage: 1e2147483647 has 2,147,483,648 digits before the decimal point, at most 6"),
                of(with("voltage", "1e-2147483647"), "voltage: 1e-2147483647 has 2,147,483,647 decimals, at most 2"),
                of(with("seq", "1.5"), "seq: 1.5 is not a whole number"),
                of(with("seq", "9223372036854775808"), "seq: 9223372036854775808 is above 9223372036854775807"),
                of(with("seq", "-9223372036854775809"), "seq: -9223372036854775809 is below -9223372036854775808"),
                of(with("phase", "4"), "phase: 4 is above 3"),
                of(with("phase", "0"), "phase: 0 is below 1"),
                of(with("phase", "99999999999"), "phase: 99999999999 is above 3"),
                of(with("estimated", "1"), "estimated: 1 is not true or false"),
                of(with("estimated", "\"true\""), "estimated: \"true\" is not true or false"),

                of(with("event_time", "1763596860"), "event_time: 1763596860 is not a time in quotes, such as 2026-11-20T00:01:00Z"),
                of(with("event_time", "\"\""), notTime("\"\"")),
                of(with("event_time", "\"yesterday\""), notTime("\"yesterday\"")),
                of(with("event_time", "\"2026-11-20T00:01:00\""), notTime("\"2026-11-20T00:01:00\"")),
                of(with("event_time", "\"2026-11-20 00:01:00Z\""), notTime("\"2026-11-20 00:01:00Z\"")),
                of(with("event_time", "\"2026-02-30T00:01:00Z\""), notTime("\"2026-02-30T00:01:00Z\"")),
                of(with("event_time", "\"2026-13-01T00:01:00Z\""), notTime("\"2026-13-01T00:01:00Z\"")),
                of(with("event_time", "\"2026-00-00T00:01:00Z\""), notTime("\"2026-00-00T00:01:00Z\"")),
                of(with("event_time", "\"2026-11-20T24:00:00Z\""), notTime("\"2026-11-20T24:00:00Z\"")),
                of(with("event_time", "\"2026-11-20T23:59:60Z\""), notTime("\"2026-11-20T23:59:60Z\"")),
                of(with("event_time", "\"2026-11-20T23:60:00Z\""), notTime("\"2026-11-20T23:60:00Z\"")),
                of(with("event_time", "\"2026-11-20T00:01:00.0001Z\""), "event_time: 2026-11-20T00:01:00.0001Z is finer than 1 ms"),
                of(with("event_time", "\"1969-12-31T23:59:59Z\""), "event_time: 1969-12-31T23:59:59Z is before 2000-01-01T00:00:00Z"),
                of(with("event_time", "\"0000-01-01T00:00:00Z\""), "event_time: 0000-01-01T00:00:00Z is before 2000-01-01T00:00:00Z"),
                of(with("event_time", "\"+999999999-01-01T00:00:00Z\""),
                        "event_time: +999999999-01-01T00:00:00Z is after 9999-12-31T23:59:59.999Z"),
                of(with("event_time", "\"2026-11-21T00:02:01Z\""), "event_time: 2026-11-21T00:02:01Z is 86,401 s after the message's"
                        + " own time 2026-11-20T00:02:00Z, at most 86,400 s"));
    }

    private static String notTime(String shown) {
        return "event_time: " + shown + " is not an ISO-8601 time with its zone, such as 2026-11-20T00:01:00Z";
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void refuses(String payload, String reason) {
        String actual = parse(payload);
        assertEquals(reason, actual);
        for (int i = 0; i < row.getArity(); i++) {
            assertNull(row.getField(i));
        }
        assertNull(parse(GOOD), "the next message is read as if nothing had been");
    }

    @Test
    void refusesBytesThatAreNotText() {
        byte[] bytes = GOOD.getBytes(StandardCharsets.UTF_8);
        bytes[16] = (byte) 0xFF;
        assertEquals("not UTF-8 at byte 17", parse(bytes));
        assertEquals("not UTF-8 at byte 2", parse(new byte[] {'{', (byte) 0xC0, (byte) 0x80, '}'}));
        assertEquals("not UTF-8 at byte 1", parse(new byte[] {(byte) 0xED, (byte) 0xA0, (byte) 0x80}));
        assertEquals("not UTF-8 at byte 2", parse(new byte[] {'{', (byte) 0xE2, (byte) 0x82}));
        assertEquals("not JSON: a zero at byte 2", parse(GOOD.getBytes(StandardCharsets.UTF_16LE)));
        assertEquals("not JSON: a zero at byte 1", parse(GOOD.getBytes(StandardCharsets.UTF_16BE)));
        byte[] late = with("meter_id", '"' + "m".repeat(5000) + '"').getBytes(StandardCharsets.UTF_8);
        late[4000] = (byte) 0x80;
        assertEquals("not UTF-8 at byte 4,001", parse(late));
    }

    @Test
    void refusesWhatIsTooLongAndWhatIsNotThere() {
        byte[] huge = new byte[200_001];
        assertEquals("200,001 bytes, at most 65,536", parse(huge));
        assertEquals("no message: a key without a value", parse((byte[]) null));
        byte[] longest = (GOOD + " ".repeat(MAX_BYTES - GOOD.length())).getBytes(StandardCharsets.UTF_8);
        assertNull(parse(longest));
    }

    @Test
    void survivesAPatternThatExhaustsTheStack() {
        List<ColumnSpec> one = List.of(new ColumnSpec("a", null, "STRING", true, null, null, "(a|b)*", null, null, null));
        String reason = new MessageParser(one, MAX_BYTES)
                .parse(("{\"a\":\"" + "ab".repeat(30_000) + "\"}").getBytes(StandardCharsets.UTF_8), 0, new GenericRowData(1));
        assertEquals("not readable: java.lang.StackOverflowError", reason);
    }

    @Test
    void readsValues() {
        assertNull(parse("""
                { "event_time" : "2026-11-20T01:01:00.120+01:00" , "unknown" : {"a":[1,{"b":null}]}, "seq":-0,
                  "meter_id":"M\\u00e9\\ud83d\\ude00","active_power":-1.5e0,"voltage":231.4200,"phase":3.0,"estimated":false,
                  "wide":1234567890123456789012345678.0123456789 }
                """));
        assertEquals(StringData.fromString("Mé😀"), row.getField(0));
        assertEquals(TimestampData.fromInstant(Instant.parse("2026-11-20T00:01:00.120Z")), row.getField(1));
        assertEquals(decimal("-1.5", 10, 3), row.getField(2));
        assertEquals(decimal("231.42", 8, 2), row.getField(3));
        assertEquals(0L, row.getField(4));
        assertEquals(3, row.getField(5));
        assertEquals(false, row.getField(6));
        assertEquals(decimal("1234567890123456789012345678.0123456789", 38, 10), row.getField(7));
    }

    @Test
    void absentAndNullAreNullWhereNotRequired() {
        assertNull(parse(with("voltage", "null").replace(",\"seq\":1", "")));
        for (int i = 3; i < row.getArity(); i++) {
            assertNull(row.getField(i));
        }
    }

    @Test
    void readsTheBoundsThemselves() {
        for (String bound : List.of("10000", "-10000", "10000.000", "1e4", "0", "-0.000", "0e999999")) {
            assertNull(parse(with("active_power", bound)), bound);
            assertEquals(decimal(new BigDecimal(bound).setScale(3, java.math.RoundingMode.UNNECESSARY).toPlainString(), 10, 3),
                    row.getField(2));
        }
        for (String bound : List.of("9223372036854775807", "-9223372036854775808", "1e18")) {
            assertNull(parse(with("seq", bound)), bound);
            assertEquals(new BigDecimal(bound).longValueExact(), row.getField(4));
        }
        assertNull(parse(with("event_time", "\"2026-11-21T00:02:00Z\"")));
        assertNull(parse(with("event_time", "\"2000-01-01T00:00:00Z\"")));
        assertNull(parser.parse(with("event_time", "\"2099-01-01T00:00:00Z\"").getBytes(StandardCharsets.UTF_8), -1, row),
                "no Kafka timestamp, no bound after it");
    }

    @Test
    void whatIsWrittenIsRead() {
        Random random = new Random(4);
        for (int i = 0; i < 20_000; i++) {
            String id = randomText(random);
            long millis = 1_000_000_000_000L + (long) (random.nextDouble() * 700_000_000_000L);
            BigDecimal power = new BigDecimal(random.nextInt(20_000_001) - 10_000_000).movePointLeft(3);
            BigDecimal voltage = BigDecimal.valueOf(random.nextInt(100_000_000) - 50_000_000, 2);
            BigDecimal wide = new BigDecimal(new java.math.BigInteger(120, random), random.nextInt(11));
            wide = wide.precision() - wide.scale() > 28 ? BigDecimal.ONE : wide;
            long seq = random.nextLong();
            OffsetDateTime time = Instant.ofEpochMilli(millis).atOffset(ZoneOffset.ofTotalSeconds(900 * (random.nextInt(97) - 48)));
            String powerText = random.nextBoolean() ? power.toPlainString() : power.stripTrailingZeros().toString();
            String json = String.format("{\"wide\":%s,\"seq\":%d,\"meter_id\":\"%s\",\"voltage\":%s,\"active_power\":%s,"
                    + "\"estimated\":%b,\"event_time\":\"%s\"}", wide, seq, id, voltage, powerText, i % 2 == 0, time);
            String reason = parser.parse(json.getBytes(StandardCharsets.UTF_8), millis, row);
            assertNull(reason, () -> json);
            assertEquals(StringData.fromString(id), row.getField(0), json);
            assertEquals(TimestampData.fromEpochMillis(millis), row.getField(1), json);
            assertEquals(DecimalData.fromBigDecimal(power, 10, 3), row.getField(2), json);
            assertEquals(DecimalData.fromBigDecimal(voltage, 8, 2), row.getField(3), json);
            assertEquals(seq, row.getField(4), json);
            assertEquals(i % 2 == 0, row.getField(6), json);
            assertEquals(DecimalData.fromBigDecimal(wide, 38, 10), row.getField(7), json);
        }
    }

    @Test
    void randomDamageIsNeverAnException() {
        Random random = new Random(5);
        byte[] good = GOOD.getBytes(StandardCharsets.UTF_8);
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = random.nextInt(4) == 0 ? Arrays.copyOf(good, random.nextInt(good.length + 1)) : good.clone();
            for (int j = random.nextInt(4); j > 0 && damaged.length > 0; j--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            String reason = parse(damaged);
            if (reason != null) {
                refused++;
                assertTrue(!reason.contains("Exception") && !reason.isBlank(), reason);
                assertTrue(reason.chars().noneMatch(Character::isISOControl), reason);
            } else {
                assertNotNull(row.getField(0));
            }
        }
        assertTrue(refused > 10_000, "only " + refused + " were refused");
    }

    private static String randomText(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = 1 + random.nextInt(20); i > 0; i--) {
            int c = random.nextInt(4) > 0 ? '0' + random.nextInt(40) : 0xA1 + random.nextInt(0x1_F000);
            if (c != '"' && c != '\\' && !Character.isWhitespace(c) && !(c >= 0xD800 && c < 0xE000)) {
                text.appendCodePoint(c);
            }
        }
        return text.append('m').toString();
    }

    private static DecimalData decimal(String text, int precision, int scale) {
        return DecimalData.fromBigDecimal(new BigDecimal(text), precision, scale);
    }
}
