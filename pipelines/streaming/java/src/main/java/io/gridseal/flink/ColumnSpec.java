package io.gridseal.flink;

import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

import java.io.Serializable;
import java.util.EnumSet;
import java.util.Set;

import static io.gridseal.flink.SpecReader.require;
import static io.gridseal.flink.SpecReader.requireText;

/**
 * One column read from a JSON message, and what its values may be.
 *
 * @param name column of the row
 * @param field key in the message; the name when absent
 * @param type STRING, BOOLEAN, INT, BIGINT, DECIMAL(p,s) or TIMESTAMP(0 to 3), as SQL writes them
 * @param required whether a message without a value is refused; otherwise the column is NULL
 * @param minLength least number of characters of a STRING
 * @param maxLength greatest number of characters of a STRING
 * @param pattern regular expression that a whole STRING matches
 * @param minimum least number or time, as text
 * @param maximum greatest number or time, as text
 * @param maxAheadSeconds a time may be at most that many seconds after the message's Kafka timestamp
 */
record ColumnSpec(String name, String field, String type, boolean required, Integer minLength, Integer maxLength,
                  String pattern, String minimum, String maximum, Long maxAheadSeconds) implements Serializable {

    private static final String ALLOWED = "STRING, BOOLEAN, INT, BIGINT, DECIMAL(p,s), TIMESTAMP(0) to TIMESTAMP(3)";
    private static final Set<LogicalTypeRoot> NUMBERS =
            EnumSet.of(LogicalTypeRoot.INTEGER, LogicalTypeRoot.BIGINT, LogicalTypeRoot.DECIMAL);

    ColumnSpec {
        requireText(name, "name of a column");
        field = field == null ? name : field;
        requireText(type, name + ": type");
        LogicalTypeRoot root = parse(type, name).getTypeRoot();
        boolean text = root == LogicalTypeRoot.VARCHAR;
        boolean time = root == LogicalTypeRoot.TIMESTAMP_WITHOUT_TIME_ZONE;
        boolean ordered = time || NUMBERS.contains(root);
        require(text || minLength == null && maxLength == null && pattern == null,
                "%s: minLength, maxLength and pattern are for STRING, not %s", name, type);
        require(ordered || minimum == null && maximum == null,
                "%s: minimum and maximum are for numbers and times, not %s", name, type);
        require(time || maxAheadSeconds == null, "%s: maxAheadSeconds is for TIMESTAMP, not %s", name, type);
    }

    LogicalType logicalType() {
        return parse(type, name);
    }

    ColumnSpec withMaxAheadSeconds(Long seconds) {
        return new ColumnSpec(name, field, type, required, minLength, maxLength, pattern, minimum, maximum, seconds);
    }

    private static LogicalType parse(String type, String name) {
        LogicalType parsed;
        try {
            parsed = LogicalTypeParser.parse(type, ColumnSpec.class.getClassLoader());
        } catch (RuntimeException e) {
            throw new IllegalArgumentException(String.format("%s: type %s is not known; allowed: %s", name, type, ALLOWED));
        }
        boolean allowed = switch (parsed.getTypeRoot()) {
            case BOOLEAN, INTEGER, BIGINT, DECIMAL -> true;
            case VARCHAR -> type.trim().equalsIgnoreCase("STRING");
            case TIMESTAMP_WITHOUT_TIME_ZONE ->
                ((org.apache.flink.table.types.logical.TimestampType) parsed).getPrecision() <= 3;
            default -> false;
        };
        require(allowed, "%s: type %s is not read from messages; allowed: %s", name, type, ALLOWED);
        return parsed;
    }
}
