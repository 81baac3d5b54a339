package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Messages are read by a contract as the job reads them, each at its own time. */
class MessagesTest {
    private static final String GOOD = "{\"meter_id\":\"M00001\",\"event_time\":\"2026-11-20T00:01:00Z\",\"active_power\":1.5}";
    private static final long AT = 1_795_132_920_000L;

    private static byte[] framed(Object... timesAndPayloads) {
        ByteBuffer frames = ByteBuffer.allocate(10_000);
        for (int i = 0; i < timesAndPayloads.length; i += 2) {
            byte[] payload = ((String) timesAndPayloads[i + 1]).getBytes(StandardCharsets.UTF_8);
            frames.putLong((Long) timesAndPayloads[i]).putInt(payload.length).put(payload);
        }
        byte[] bytes = new byte[frames.position()];
        frames.flip().get(bytes);
        return bytes;
    }

    @Test
    void messagesAreReadInTheirOrder() throws Exception {
        byte[] messages = framed(AT, GOOD, AT, "power=1", AT, "", AT, GOOD.replace("M00001", "\\u004d\\u00302"));
        assertEquals("[[\"M00001\",\"2026-11-20T00:01\"],null,null,[\"M02\",\"2026-11-20T00:01\"]]",
                Messages.read(TablesTest.KAFKA, messages, "meter_id,event_time"));
        assertEquals("[]", Messages.read(TablesTest.KAFKA, new byte[0], "meter_id"));
    }

    @Test
    void aTimeIsComparedWithThatOfItsMessage() throws Exception {
        byte[] messages = framed(AT - 2 * 86_400_000L, GOOD, AT, GOOD);
        assertEquals("[null,[\"M00001\"]]", Messages.read(TablesTest.KAFKA, messages, "meter_id"));
    }

    @Test
    void valuesAreTextsAndNullIsNull() throws Exception {
        String exact = GOOD.replace("1.5", "1.50").replace("}", ",\"seq\":null}");
        assertEquals("[[\"1.500\",null]]", Messages.read(TablesTest.KAFKA, framed(AT, exact), "active_power,seq"));
    }
}
