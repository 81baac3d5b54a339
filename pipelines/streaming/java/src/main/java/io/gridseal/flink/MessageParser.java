package io.gridseal.flink;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactory;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonFactoryBuilder;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonLocation;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonToken;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.StreamReadFeature;
import org.apache.flink.table.data.GenericRowData;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads one JSON object into the first fields of a row, or says why not.
 *
 * <p>Strict, so that a value is either what its sender wrote or refused with a reason: UTF-8 only, one object and nothing
 * after it, no key twice, texts are not numbers. Keys that no column reads are ignored. The answer depends on the bytes and
 * the Kafka timestamp alone, so a replay gives the same rows. Not safe for several threads.
 */
final class MessageParser {
    private static final int MAX_DEPTH = 64;
    private static final int MAX_REASON_CHARACTERS = 500;
    /** What Jackson appends to an error for whoever wrote the program; the reader of a reason wrote the message. */
    private static final Pattern ADVICE =
            Pattern.compile("(: was expecting|: enable|: JSON spec| \\(start marker).*", Pattern.DOTALL);
    private static final String DUPLICATE_KEY = "Duplicate field '";

    private final JsonFactory factory = new JsonFactoryBuilder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            // The check counts keys of earlier messages as well: the same bytes would pass or fail with what came before.
            .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
            .build();
    private final CharsetDecoder utf8 = StandardCharsets.UTF_8.newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    private final CharBuffer decoded = CharBuffer.allocate(1024);
    private final ValueReader[] readers;
    private final Map<String, Integer> columnOfField = new HashMap<>();
    private final int maxBytes;

    MessageParser(List<ColumnSpec> columns, int maxBytes) {
        this.maxBytes = maxBytes;
        readers = columns.stream().map(ValueReader::of).toArray(ValueReader[]::new);
        for (int i = 0; i < readers.length; i++) {
            columnOfField.put(columns.get(i).field(), i);
        }
    }

    /**
     * Fills the row's first fields from the message. Never throws: whatever goes wrong is a reason, and then all of these
     * fields are NULL.
     *
     * @param payload the message's bytes; null for a tombstone
     * @param kafkaMillis the message's Kafka timestamp, ms since 1970, or negative when it has none
     * @return null when the message was read, else why not
     */
    String parse(byte[] payload, long kafkaMillis, GenericRowData row) {
        String reason;
        try {
            checkBytes(payload);
            readObject(payload, kafkaMillis, row);
            return null;
        } catch (Refusal e) {
            reason = e.getMessage();
        } catch (JsonProcessingException e) {
            reason = notJson(e);
        } catch (Exception | StackOverflowError e) {
            // A column's pattern may exhaust the stack on a hostile text; the next message must still be read.
            reason = "not readable: " + e.getClass().getName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
        }
        for (int i = 0; i < readers.length; i++) {
            row.setField(i, null);
        }
        return shortened(reason);
    }

    /** A reason, cut where it is longer than anyone reads. */
    static String shortened(String reason) {
        return reason.length() > MAX_REASON_CHARACTERS ? reason.substring(0, MAX_REASON_CHARACTERS) + "..." : reason;
    }

    private void readObject(byte[] payload, long kafkaMillis, GenericRowData row) throws IOException, Refusal {
        try (JsonParser parser = factory.createParser(payload)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw parser.currentToken() == null
                        ? new Refusal("empty message: %,d bytes of white space", payload.length)
                        : new Refusal("not a JSON object: %s", ValueReader.shown(parser));
            }
            for (String field = parser.nextFieldName(); field != null; field = parser.nextFieldName()) {
                JsonToken value = parser.nextToken();
                Integer column = columnOfField.get(field);
                if (column == null) {
                    skip(parser);
                } else if (value == JsonToken.VALUE_NULL) {
                    if (readers[column].column.required()) {
                        throw new Refusal("%s: null, and it is required", field);
                    }
                } else {
                    row.setField(column, readers[column].read(parser, kafkaMillis));
                }
            }
            checkEnd(parser);
        }
        for (int i = 0; i < readers.length; i++) {
            if (row.getField(i) == null && readers[i].column.required()) {
                throw new Refusal("%s: missing", readers[i].column.field());
            }
        }
    }

    private static void skip(JsonParser parser) throws IOException, Refusal {
        int depth = 0;
        for (JsonToken token = parser.currentToken(); ; token = parser.nextToken()) {
            if (token.isStructStart()) {
                depth++;
            } else if (token.isStructEnd()) {
                depth--;
            }
            if (depth >= MAX_DEPTH) {
                throw new Refusal("nested deeper than %d levels at column %,d",
                        MAX_DEPTH, parser.getTokenLocation().getColumnNr());
            }
            if (depth == 0) {
                return;
            }
        }
    }

    private static void checkEnd(JsonParser parser) throws IOException, Refusal {
        long end = parser.getCurrentLocation().getByteOffset();
        boolean more;
        try {
            more = parser.nextToken() != null;
        } catch (JsonProcessingException e) {
            more = true;
        }
        if (more) {
            throw new Refusal("not JSON: more content after the object that ends at byte %,d", end);
        }
    }

    private void checkBytes(byte[] payload) throws Refusal {
        if (payload == null) {
            throw new Refusal("no message: a key without a value");
        }
        if (payload.length == 0) {
            throw new Refusal("empty message");
        }
        if (payload.length > maxBytes) {
            throw new Refusal("%,d bytes, at most %,d", payload.length, maxBytes);
        }
        int signs = 0;
        for (byte b : payload) {
            signs |= b;
        }
        if (signs < 0) {
            checkUtf8(payload);
        }
        // A zero or a byte order mark near the start makes the parser read UTF-16 or UTF-32.
        for (int i = 0; i < payload.length && i < 4; i++) {
            if (payload[i] == 0) {
                throw new Refusal("not JSON: a zero at byte %d", i + 1);
            }
        }
        if (payload.length >= 3 && payload[0] == (byte) 0xEF && payload[1] == (byte) 0xBB && payload[2] == (byte) 0xBF) {
            throw new Refusal("not JSON: it starts with a byte order mark");
        }
    }

    private void checkUtf8(byte[] payload) throws Refusal {
        ByteBuffer bytes = ByteBuffer.wrap(payload);
        utf8.reset();
        CoderResult result;
        do {
            decoded.clear();
            result = utf8.decode(bytes, decoded, true);
            if (result.isError()) {
                throw new Refusal("not UTF-8 at byte %,d", bytes.position() + 1);
            }
        } while (result.isOverflow());
    }

    private static String notJson(JsonProcessingException e) {
        String message = e.getOriginalMessage();
        if (message.startsWith(DUPLICATE_KEY)) {
            return Refusal.shown(message.substring(DUPLICATE_KEY.length(), message.length() - 1)) + ": appears twice";
        }
        JsonLocation at = e.getLocation();
        String line = at.getLineNr() > 1 ? String.format("line %,d, ", at.getLineNr()) : "";
        return String.format("not JSON: %s near %scolumn %,d",
                Refusal.shown(ADVICE.matcher(message).replaceFirst("")), line, at.getColumnNr());
    }
}
