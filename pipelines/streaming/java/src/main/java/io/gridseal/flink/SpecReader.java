package io.gridseal.flink;

import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonParser;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.core.JsonProcessingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.DeserializationFeature;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.JsonMappingException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import org.apache.flink.shaded.jackson2.com.fasterxml.jackson.databind.json.JsonMapper;

import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Reads the JSON specification of a source. Never repeats the specification in an error: it may hold a password. */
final class SpecReader {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .build();

    private SpecReader() {}

    static <T> T read(String json, Class<T> type, String what) {
        try {
            return MAPPER.readValue(json, type);
        } catch (UnrecognizedPropertyException e) {
            throw new IllegalArgumentException(String.format("%s: unknown key %s; known keys: %s",
                    what, path(e), String.join(", ", new TreeSet<>(
                            e.getKnownPropertyIds().stream().map(String::valueOf).collect(Collectors.toList())))));
        } catch (JsonMappingException e) {
            // The cause is an exception of ours from a constructor below: its message is made for the reader.
            String reason = e.getCause() instanceof IllegalArgumentException
                    ? e.getCause().getMessage() : "has the wrong type of value";
            throw new IllegalArgumentException(String.format("%s: %s: %s", what, path(e), reason));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(String.format("%s: not JSON, at character %d",
                    what, e.getLocation() == null ? 0 : e.getLocation().getCharOffset()));
        }
    }

    static void require(boolean holds, String format, Object... values) {
        if (!holds) {
            throw new IllegalArgumentException(String.format(format, values));
        }
    }

    static void requireText(String value, String key) {
        require(value != null && !value.isBlank(), "%s is missing; state a text that is not empty", key);
    }

    private static String path(JsonMappingException e) {
        List<JsonMappingException.Reference> references = e.getPath();
        return references.isEmpty() ? "the specification" : references.stream()
                .map(r -> r.getFieldName() != null ? r.getFieldName() : "[" + r.getIndex() + "]")
                .collect(Collectors.joining("."));
    }
}
