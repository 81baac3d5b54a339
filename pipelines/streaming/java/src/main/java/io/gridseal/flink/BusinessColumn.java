package io.gridseal.flink;

import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.utils.LogicalTypeParser;

import java.io.Serializable;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static io.gridseal.flink.SpecReader.requireText;

/**
 * A column of a business table as the lake holds it.
 *
 * <p>SQL's CAST makes NULL of a number that is too large, rounds decimals away and cuts a time to a day, without an error.
 * A column that was widened in the database may hold such values, so they are looked for first.
 *
 * @param field the column's name in the database
 * @param type in the lake, as SQL writes it
 * @param required part of the row's key, so never NULL
 */
record BusinessColumn(String field, String type, boolean required) implements Serializable {
    private static final Pattern TIME = Pattern.compile("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d(?:\\.(\\d{1,9}))?");

    BusinessColumn {
        requireText(field, "field of a column");
        requireText(type, field + ": type");
        parse(type);
    }

    /** Whether CAST gives exactly this value, a text that {@link ChangeValue} wrote, or null for NULL. */
    boolean holds(String text) {
        if (text == null) {
            return !required;
        }
        LogicalType logical = parse(type);
        try {
            return switch (logical.getTypeRoot()) {
                case INTEGER -> whole(text, Integer.MIN_VALUE, Integer.MAX_VALUE);
                case BIGINT -> whole(text, Long.MIN_VALUE, Long.MAX_VALUE);
                case DECIMAL -> within(text, ((DecimalType) logical).getPrecision(), ((DecimalType) logical).getScale());
                case BOOLEAN -> text.equals("0") || text.equals("1");
                case DOUBLE -> Double.isFinite(Double.parseDouble(text));
                case DATE -> LocalDate.parse(text) != null;
                case TIMESTAMP_WITHOUT_TIME_ZONE -> fine(text, ((TimestampType) logical).getPrecision());
                default -> true;
            };
        } catch (ArithmeticException | NumberFormatException | DateTimeException e) {
            return false;
        }
    }

    private static boolean whole(String text, long least, long greatest) {
        long value = new BigDecimal(text).longValueExact();
        return value >= least && value <= greatest;
    }

    private static boolean within(String text, int precision, int scale) {
        BigDecimal value = new BigDecimal(text).stripTrailingZeros();
        return value.scale() <= scale && value.precision() - value.scale() <= precision - scale;
    }

    private static boolean fine(String text, int precision) {
        Matcher time = TIME.matcher(text);
        if (!time.matches()) {
            return false;
        }
        String finer = time.group(1) == null || time.group(1).length() <= precision ? "" : time.group(1).substring(precision);
        return finer.chars().allMatch(c -> c == '0');
    }

    private static LogicalType parse(String type) {
        return LogicalTypeParser.parse(type, BusinessColumn.class.getClassLoader());
    }
}
