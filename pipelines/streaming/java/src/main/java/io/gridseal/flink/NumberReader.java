package io.gridseal.flink;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.table.data.DecimalData;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;

/** Reads DECIMAL(p,s), BIGINT and INT exactly: no value passes through a binary floating-point number. */
final class NumberReader extends ValueReader {
    enum Kind { DECIMAL, BIGINT, INT }

    /** A number written with more characters is refused before its digits are multiplied out. */
    private static final int MAX_CHARACTERS = 1_000;
    /** A long holds every number of that many digits. */
    private static final int LONG_DIGITS = 18;
    private static final long[] POWERS_OF_TEN = new long[LONG_DIGITS + 1];

    static {
        POWERS_OF_TEN[0] = 1;
        for (int i = 1; i <= LONG_DIGITS; i++) {
            POWERS_OF_TEN[i] = 10 * POWERS_OF_TEN[i - 1];
        }
    }

    private final Kind kind;
    private final int precision;
    private final int scale;
    private final BigDecimal minimum;
    private final BigDecimal maximum;
    /** The bounds as multiples of 10^-scale, rounded inwards, for numbers that fit a long. */
    private final long leastUnits;
    private final long greatestUnits;

    NumberReader(ColumnSpec column, Kind kind, int precision, int scale) {
        super(column);
        this.kind = kind;
        this.precision = precision;
        this.scale = scale;
        minimum = bound(column.minimum(), least(kind), "minimum");
        maximum = bound(column.maximum(), greatest(kind), "maximum");
        SpecReader.require(minimum == null || maximum == null || minimum.compareTo(maximum) <= 0,
                "%s: minimum %s is above maximum %s", column.name(), column.minimum(), column.maximum());
        leastUnits = minimum == null ? Long.MIN_VALUE : clamp(minimum, java.math.RoundingMode.CEILING);
        greatestUnits = maximum == null ? Long.MAX_VALUE : clamp(maximum, java.math.RoundingMode.FLOOR);
    }

    @Override
    Object read(JsonParser parser, long kafkaMillis) throws IOException, Refusal {
        switch (parser.currentToken()) {
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> { }
            default -> throw refusal("%s is not a number", shown(parser));
        }
        int length = parser.getTextLength();
        if (length > MAX_CHARACTERS) {
            throw refusal("a number of %,d characters, at most %,d", length, MAX_CHARACTERS);
        }
        char[] text = parser.getTextCharacters();
        int start = parser.getTextOffset();
        long units = plainUnits(text, start, start + length);
        if (units != Long.MIN_VALUE && units >= leastUnits && units <= greatestUnits) {
            return fromUnits(units);
        }
        return readExactly(new String(text, start, length));
    }

    /** The number as a multiple of 10^-scale, or Long.MIN_VALUE when it is not plain, short and of few enough decimals. */
    private long plainUnits(char[] text, int start, int end) {
        int i = start;
        boolean negative = text[i] == '-';
        if (negative) {
            i++;
        }
        if (end - i > LONG_DIGITS || precision > LONG_DIGITS && kind == Kind.DECIMAL) {
            return Long.MIN_VALUE;
        }
        long digits = 0;
        int decimals = 0;
        boolean fraction = false;
        for (; i < end; i++) {
            char c = text[i];
            if (c >= '0' && c <= '9') {
                digits = 10 * digits + (c - '0');
                if (fraction) {
                    decimals++;
                }
            } else if (c == '.') {
                fraction = true;
            } else {
                return Long.MIN_VALUE;
            }
        }
        while (decimals > scale && digits % 10 == 0) {
            digits /= 10;
            decimals--;
        }
        if (decimals > scale) {
            return Long.MIN_VALUE;
        }
        // digits < 10^(precision - scale + decimals) is the same as: the integer part has at most precision - scale digits.
        int digitsAllowed = Math.min(precision, LONG_DIGITS) - scale + decimals;
        if (digitsAllowed < LONG_DIGITS && digits >= POWERS_OF_TEN[Math.max(digitsAllowed, 0)]) {
            return Long.MIN_VALUE;
        }
        digits *= POWERS_OF_TEN[scale - decimals];
        return negative ? -digits : digits;
    }

    private Object readExactly(String text) throws Refusal {
        BigDecimal value;
        try {
            value = new BigDecimal(text).stripTrailingZeros();
        } catch (NumberFormatException | ArithmeticException e) {
            throw refusal("%s is out of range", Refusal.shown(text));
        }
        if (value.signum() == 0) {
            value = BigDecimal.ZERO;
        }
        if (value.scale() > scale) {
            throw kind == Kind.DECIMAL
                    ? refusal("%s has %,d decimals, at most %,d", Refusal.shown(text), value.scale(), scale)
                    : refusal("%s is not a whole number", Refusal.shown(text));
        }
        if (minimum != null && value.compareTo(minimum) < 0) {
            throw refusal("%s is below %s", Refusal.shown(text), minimum.toPlainString());
        }
        if (maximum != null && value.compareTo(maximum) > 0) {
            throw refusal("%s is above %s", Refusal.shown(text), maximum.toPlainString());
        }
        // In long arithmetic: the exponent of a hostile number reaches the ends of int.
        long integerDigits = (long) value.precision() - value.scale();
        if (value.signum() != 0 && integerDigits > precision - scale) {
            throw refusal("%s has %,d digits before the decimal point, at most %,d",
                    Refusal.shown(text), integerDigits, precision - scale);
        }
        return kind == Kind.DECIMAL ? DecimalData.fromBigDecimal(value, precision, scale) : fromUnits(value.longValueExact());
    }

    private Object fromUnits(long units) {
        return switch (kind) {
            case DECIMAL -> DecimalData.fromUnscaledLong(units, precision, scale);
            case BIGINT -> (Object) units;
            case INT -> (Object) (int) units;
        };
    }

    private BigDecimal bound(String text, BigDecimal natural, String key) {
        try {
            BigDecimal stated = text == null ? natural : new BigDecimal(text);
            return stated == null || natural == null ? stated : key.equals("minimum") ? stated.max(natural) : stated.min(natural);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    String.format("%s: %s \"%s\" is not a number", column.name(), key, text));
        }
    }

    private long clamp(BigDecimal bound, java.math.RoundingMode rounding) {
        BigInteger units = bound.setScale(scale, rounding).unscaledValue();
        return units.max(BigInteger.valueOf(Long.MIN_VALUE + 1)).min(BigInteger.valueOf(Long.MAX_VALUE)).longValue();
    }

    private static BigDecimal least(Kind kind) {
        return switch (kind) {
            case DECIMAL -> null;
            case BIGINT -> BigDecimal.valueOf(Long.MIN_VALUE);
            case INT -> BigDecimal.valueOf(Integer.MIN_VALUE);
        };
    }

    private static BigDecimal greatest(Kind kind) {
        return switch (kind) {
            case DECIMAL -> null;
            case BIGINT -> BigDecimal.valueOf(Long.MAX_VALUE);
            case INT -> BigDecimal.valueOf(Integer.MAX_VALUE);
        };
    }
}
