package io.gridseal.flink;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.table.data.StringData;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Reads a STRING. Lengths count characters as a reader does (code points), not UTF-16 units. */
final class TextReader extends ValueReader {
    private final int minLength;
    private final int maxLength;
    private final Matcher matcher;

    TextReader(ColumnSpec column) {
        super(column);
        minLength = column.minLength() == null ? 0 : column.minLength();
        maxLength = column.maxLength() == null ? Integer.MAX_VALUE : column.maxLength();
        SpecReader.require(minLength <= maxLength, "%s: minLength %d is above maxLength %d",
                column.name(), minLength, maxLength);
        try {
            matcher = column.pattern() == null ? null : Pattern.compile(column.pattern()).matcher("");
        } catch (PatternSyntaxException e) {
            throw new IllegalArgumentException(String.format("%s: pattern %s is not a regular expression: %s",
                    column.name(), column.pattern(), e.getDescription()));
        }
    }

    @Override
    Object read(JsonParser parser, long kafkaMillis) throws IOException, Refusal {
        if (parser.currentToken() != JsonToken.VALUE_STRING) {
            throw refusal("%s is not a text in quotes", shown(parser));
        }
        String text = parser.getText();
        int length = 0;
        for (int i = 0; i < text.length(); i++, length++) {
            char c = text.charAt(i);
            if (Character.isSurrogate(c)) {
                // "\ud800" is legal JSON, but half a character has no UTF-8 form and would be stored as '?'.
                if (Character.isLowSurrogate(c) || ++i == text.length() || !Character.isLowSurrogate(text.charAt(i))) {
                    throw refusal("%s holds half of a surrogate pair", shown(parser));
                }
            }
        }
        if (length < minLength) {
            throw refusal("%s has %,d characters, at least %,d", shown(parser), length, minLength);
        }
        if (length > maxLength) {
            throw refusal("%s has %,d characters, at most %,d", shown(parser), length, maxLength);
        }
        if (matcher != null && !matcher.reset(text).matches()) {
            throw refusal("%s does not match %s", shown(parser), column.pattern());
        }
        return StringData.fromString(text);
    }
}
