package io.gridseal.flink;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.table.data.TimestampData;

import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;

/** Reads TIMESTAMP(0..3) in UTC from an ISO-8601 time that states its zone. */
final class TimeReader extends ValueReader {
    /** What SQL's TIMESTAMP spans. */
    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999Z");
    private static final int MAX_CHARACTERS = 64;
    private static final int DAYS_CACHED = 64;

    private final int precision;
    private final long unitNanos;
    private final Instant minimum;
    private final Instant maximum;
    private final long minimumMillis;
    private final long maximumMillis;
    private final long maxAheadMillis;
    // Readings come by few days: a day's number is the cost of a LocalDate only once.
    private final int[] cachedDates = new int[DAYS_CACHED];
    private final long[] cachedStarts = new long[DAYS_CACHED];

    TimeReader(ColumnSpec column, int precision) {
        super(column);
        this.precision = precision;
        unitNanos = (long) Math.pow(10, 9 - precision);
        minimum = bound(column.minimum(), FIRST, "minimum");
        maximum = bound(column.maximum(), LAST, "maximum");
        SpecReader.require(!minimum.isAfter(maximum), "%s: minimum %s is after maximum %s", column.name(), minimum, maximum);
        minimumMillis = minimum.toEpochMilli();
        maximumMillis = maximum.toEpochMilli();
        SpecReader.require(column.maxAheadSeconds() == null || column.maxAheadSeconds() >= 0,
                "%s: maxAheadSeconds is %d; it must be at least 0", column.name(), column.maxAheadSeconds());
        maxAheadMillis = column.maxAheadSeconds() == null ? Long.MAX_VALUE : Math.multiplyExact(1000L, column.maxAheadSeconds());
    }

    @Override
    Object read(JsonParser parser, long kafkaMillis) throws IOException, Refusal {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw refusal("%s is not a time in quotes, such as 2026-11-20T00:01:00Z", shown(parser));
        }
        long millis = plainMillis(parser.getTextCharacters(), parser.getTextOffset(), parser.getTextLength());
        if (millis == Long.MIN_VALUE) {
            millis = readExactly(parser);
        }
        if (millis < minimumMillis) {
            throw refusal("%s is before %s", Refusal.shown(parser.getText()), minimum);
        }
        if (millis > maximumMillis) {
            throw refusal("%s is after %s", Refusal.shown(parser.getText()), maximum);
        }
        if (maxAheadMillis != Long.MAX_VALUE && kafkaMillis >= 0 && millis - kafkaMillis > maxAheadMillis) {
            throw refusal("%s is %,d s after the message's own time %s, at most %,d s", Refusal.shown(parser.getText()),
                    (millis - kafkaMillis) / 1000, Instant.ofEpochMilli(kafkaMillis), maxAheadMillis / 1000);
        }
        return TimestampData.fromEpochMillis(millis);
    }

    /** Reads yyyy-MM-ddTHH:mm:ssZ, the form that meters send, without objects; Long.MIN_VALUE for any other form. */
    private long plainMillis(char[] text, int start, int length) {
        if (length != 20 || text[start + 4] != '-' || text[start + 7] != '-' || text[start + 10] != 'T'
                || text[start + 13] != ':' || text[start + 16] != ':' || text[start + 19] != 'Z') {
            return Long.MIN_VALUE;
        }
        int century = two(text, start);
        int year = two(text, start + 2);
        int month = two(text, start + 5);
        int day = two(text, start + 8);
        int hour = two(text, start + 11);
        int minute = two(text, start + 14);
        int second = two(text, start + 17);
        if ((century | year | month | day | hour | minute | second) < 0 || hour > 23 || minute > 59 || second > 59) {
            return Long.MIN_VALUE;
        }
        int date = ((century * 100 + year) << 9) | (month << 5) | day;
        int slot = date & (DAYS_CACHED - 1);
        if (cachedDates[slot] != date || date == 0) {
            try {
                cachedStarts[slot] = 86_400_000L * LocalDate.of(century * 100 + year, month, day).toEpochDay();
            } catch (DateTimeException e) {
                return Long.MIN_VALUE;
            }
            cachedDates[slot] = date;
        }
        return cachedStarts[slot] + 1000L * (3600 * hour + 60 * minute + second);
    }

    private static int two(char[] text, int at) {
        int tens = text[at] - '0';
        int ones = text[at + 1] - '0';
        return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : 10 * tens + ones;
    }

    private long readExactly(JsonParser parser) throws IOException, Refusal {
        String text = parser.getText();
        Instant instant;
        try {
            if (text.length() > MAX_CHARACTERS) {
                throw new DateTimeException("too long");
            }
            instant = OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME).toInstant();
        } catch (DateTimeException e) {
            throw refusal("%s is not an ISO-8601 time with its zone, such as 2026-11-20T00:01:00Z", shown(parser));
        }
        if (instant.getNano() % unitNanos != 0) {
            throw refusal("%s is finer than %s", Refusal.shown(text), precision == 3 ? "1 ms" : "10^-" + precision + " s");
        }
        if (instant.isBefore(minimum)) {
            throw refusal("%s is before %s", Refusal.shown(text), minimum);
        }
        if (instant.isAfter(maximum)) {
            throw refusal("%s is after %s", Refusal.shown(text), maximum);
        }
        return instant.toEpochMilli();
    }

    private Instant bound(String text, Instant natural, String key) {
        if (text == null) {
            return natural;
        }
        try {
            Instant stated = OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MILLIS);
            return stated.isBefore(FIRST) || stated.isAfter(LAST) ? natural : stated;
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(String.format(
                    "%s: %s \"%s\" is not an ISO-8601 time with its zone, such as 2026-11-20T00:01:00Z",
                    column.name(), key, text));
        }
    }
}
