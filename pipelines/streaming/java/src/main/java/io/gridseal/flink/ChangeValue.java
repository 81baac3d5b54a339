package io.gridseal.flink;

import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Decimal;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Struct;

import io.debezium.data.Bits;
import io.debezium.time.Date;
import io.debezium.time.MicroTime;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.Timestamp;
import io.debezium.time.ZonedTimestamp;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Writes a column's value as the one text that SQL's CAST reads back exactly.
 *
 * <p>Exact numbers plain, without an exponent, FLOAT and DOUBLE as Java writes them; DATETIME and TIMESTAMP
 * yyyy-MM-dd HH:mm:ss with 3 decimals, or 6 when the column has more than 3, TIMESTAMP in UTC; DATE yyyy-MM-dd; TIME
 * HH:mm:ss.SSSSSS; BOOLEAN, TINYINT(1) and BIT(1) 0 or 1, which CAST takes for BOOLEAN and for INT; longer BITs as a whole
 * number; bytes in hexadecimal.
 */
final class ChangeValue {
    private static final DateTimeFormatter MILLIS = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSS", Locale.ROOT);
    private static final DateTimeFormatter MICROS = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS", Locale.ROOT);
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss.SSSSSS", Locale.ROOT);

    private ChangeValue() {}

    static String text(Schema schema, Object value) {
        if (value == null) {
            return null;
        }
        String type = schema.name();
        if (type != null) {
            switch (type) {
                case Decimal.LOGICAL_NAME:
                    return ((BigDecimal) value).toPlainString();
                case Date.SCHEMA_NAME:
                    return LocalDate.ofEpochDay(((Number) value).longValue()).toString();
                case Timestamp.SCHEMA_NAME:
                    return utc((Long) value, ChronoUnit.MILLIS).format(MILLIS);
                case MicroTimestamp.SCHEMA_NAME:
                    return utc((Long) value, ChronoUnit.MICROS).format(MICROS);
                case ZonedTimestamp.SCHEMA_NAME:
                    return OffsetDateTime.parse((String) value).withOffsetSameInstant(ZoneOffset.UTC).format(MICROS);
                case Bits.LOGICAL_NAME:
                    return number((byte[]) value);
                case MicroTime.SCHEMA_NAME:
                    return time((Long) value);
                default:
                    break;
            }
        }
        if (value instanceof Boolean) {
            return (Boolean) value ? "1" : "0";
        }
        if (value instanceof byte[]) {
            return HexFormat.of().formatHex((byte[]) value);
        }
        if (value instanceof ByteBuffer) {
            ByteBuffer bytes = ((ByteBuffer) value).duplicate();
            byte[] copy = new byte[bytes.remaining()];
            bytes.get(copy);
            return HexFormat.of().formatHex(copy);
        }
        if (value instanceof Struct) {
            // A geometry: its well-known binary is the value, the rest says how to read it.
            Schema fields = ((Struct) value).schema();
            return fields.field("wkb") == null ? value.toString()
                    : text(fields.field("wkb").schema(), ((Struct) value).get("wkb"));
        }
        return value.toString();
    }

    /** Debezium gives the bits of a number from the lowest byte to the highest. */
    private static String number(byte[] littleEndian) {
        byte[] bigEndian = new byte[littleEndian.length];
        for (int i = 0; i < bigEndian.length; i++) {
            bigEndian[i] = littleEndian[littleEndian.length - 1 - i];
        }
        return new BigInteger(1, bigEndian).toString();
    }

    private static LocalDateTime utc(long sinceEpoch, ChronoUnit unit) {
        return LocalDateTime.ofInstant(Instant.EPOCH.plus(sinceEpoch, unit), ZoneOffset.UTC);
    }

    /** TIME may be negative or above a day; no SQL time reads that, so it is written as MySQL does. */
    private static String time(long micros) {
        if (micros >= 0 && micros < 86_400_000_000L) {
            return LocalTime.ofNanoOfDay(micros * 1000).format(TIME);
        }
        long seconds = Math.abs(micros) / 1_000_000;
        return String.format(Locale.ROOT, "%s%02d:%02d:%02d.%06d",
                micros < 0 ? "-" : "", seconds / 3600, seconds / 60 % 60, seconds % 60, Math.abs(micros) % 1_000_000);
    }
}
