package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

import java.util.Map;

class KafkaPlacesTest {
    private static final TopicPartition FIRST = new TopicPartition("meter-readings", 0);
    private static final TopicPartition SECOND = new TopicPartition("meter-readings", 2);

    private static String refusal(Map<TopicPartition, Long> places, Map<TopicPartition, Long> firsts, Map<TopicPartition, Long> ends) {
        return assertThrows(SourceFailure.class, () -> KafkaPlaces.refuse(places, firsts, ends)).getMessage();
    }

    @Test
    void namesEveryMessageThatIsGone() {
        assertEquals("meter-readings/0: messages 0 to 9, meter-readings/2: messages 1200 to 3399 are no longer in Kafka and were never "
                + "read; gridseal pipeline restart --accept-loss goes on after them and puts the loss on record",
                refusal(Map.of(SECOND, 1200L, FIRST, 0L), Map.of(FIRST, 10L, SECOND, 3400L), Map.of(FIRST, 20L, SECOND, 3400L)));
    }

    @Test
    void theNextMessageMayBeTheFirstThatIsLeftOrNotBeThereYet() {
        assertDoesNotThrow(() -> KafkaPlaces.refuse(
                Map.of(FIRST, 10L, SECOND, 20L), Map.of(FIRST, 10L, SECOND, 10L), Map.of(FIRST, 10L, SECOND, 20L)));
    }

    @Test
    void aTopicThatWasMadeAnewIsTold() {
        assertEquals("meter-readings/2 ends at offset 120, and messages up to 3399 were read: the topic was deleted and made anew; "
                + "gridseal pipeline restart --from-scratch reads everything anew",
                refusal(Map.of(SECOND, 3400L), Map.of(SECOND, 0L), Map.of(SECOND, 120L)));
    }

    @Test
    void readingBeginsAtTheBeginningAndAfterWhatWasGivenUp() {
        KafkaPlaces places = new KafkaPlaces(KafkaSpec.read(TablesTest.KAFKA.replace("\"columns\"", "\"lostBefore\": {\"2\": 50}, \"columns\"")));
        assertEquals(0, places.begin(new KafkaPartitionSplit(FIRST, KafkaPartitionSplit.EARLIEST_OFFSET)).getStartingOffset());
        assertEquals(7, places.begin(new KafkaPartitionSplit(FIRST, 7)).getStartingOffset());
        assertEquals(50, places.begin(new KafkaPartitionSplit(SECOND, KafkaPartitionSplit.EARLIEST_OFFSET)).getStartingOffset());
        assertEquals(50, places.begin(new KafkaPartitionSplit(SECOND, 7)).getStartingOffset());
        // What was read since stays read.
        assertEquals(new KafkaPartitionSplit(SECOND, 51, 60), places.begin(new KafkaPartitionSplit(SECOND, 51, 60)));
    }
}
