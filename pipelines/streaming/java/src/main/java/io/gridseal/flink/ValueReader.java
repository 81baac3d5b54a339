package io.gridseal.flink;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.TimestampType;

import java.io.IOException;

/** Reads the value that a parser stands at into Flink's internal form of a column's type. */
abstract class ValueReader {
    final ColumnSpec column;

    ValueReader(ColumnSpec column) {
        this.column = column;
    }

    /**
     * Reads one value that is not null.
     *
     * @param kafkaMillis the message's Kafka timestamp, ms since 1970, or negative when it has none
     * @throws Refusal when the value is not one of the column's
     */
    abstract Object read(JsonParser parser, long kafkaMillis) throws IOException, Refusal;

    static ValueReader of(ColumnSpec column) {
        LogicalType type = column.logicalType();
        return switch (type.getTypeRoot()) {
            case VARCHAR -> new TextReader(column);
            case BOOLEAN -> new BooleanReader(column);
            case INTEGER -> new NumberReader(column, NumberReader.Kind.INT, 10, 0);
            case BIGINT -> new NumberReader(column, NumberReader.Kind.BIGINT, 19, 0);
            case DECIMAL -> new NumberReader(column, NumberReader.Kind.DECIMAL,
                    ((DecimalType) type).getPrecision(), ((DecimalType) type).getScale());
            case TIMESTAMP_WITHOUT_TIME_ZONE -> new TimeReader(column, ((TimestampType) type).getPrecision());
            default -> throw new IllegalArgumentException(column.name() + ": no reader for " + type);
        };
    }

    Refusal refusal(String format, Object... values) {
        return new Refusal("%s: %s", column.field(), new Refusal(format, values).getMessage());
    }

    /** The value as the message has it: texts in quotes, objects and arrays by their kind only. */
    static String shown(JsonParser parser) throws IOException {
        return switch (parser.currentToken()) {
            case START_OBJECT -> "an object";
            case START_ARRAY -> "an array";
            case VALUE_STRING -> '"' + Refusal.shown(parser.getText()) + '"';
            default -> Refusal.shown(parser.getText());
        };
    }

    private static final class BooleanReader extends ValueReader {
        BooleanReader(ColumnSpec column) {
            super(column);
        }

        @Override
        Object read(JsonParser parser, long kafkaMillis) throws IOException, Refusal {
            return switch (parser.currentToken()) {
                case VALUE_TRUE -> Boolean.TRUE;
                case VALUE_FALSE -> Boolean.FALSE;
                default -> throw refusal("%s is not true or false", shown(parser));
            };
        }
    }
}
