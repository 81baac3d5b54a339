package io.gridseal.flink;

import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Where the reading of each partition begins, and whether Kafka still holds what lies there. */
final class KafkaPlaces {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaPlaces.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final KafkaSpec spec;

    KafkaPlaces(KafkaSpec spec) {
        this.spec = spec;
    }

    /** The split from offset 0 on if it was never read, and after what was given up for lost. */
    KafkaPartitionSplit begin(KafkaPartitionSplit split) {
        // A marker such as "earliest" is negative.
        long begin = Math.max(split.getStartingOffset(), spec.lostBefore().getOrDefault(split.getPartition(), 0L));
        return new KafkaPartitionSplit(split.getTopicPartition(), begin,
                split.getStoppingOffset().orElse(KafkaPartitionSplit.NO_STOPPING_OFFSET));
    }

    /**
     * Compares places with what the broker holds.
     *
     * @param places offset of the next message to read by partition
     * @throws SourceFailure if a message from there on is gone, or the partition ends before it
     */
    void check(Map<TopicPartition, Long> places) {
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(spec.client(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            Map<TopicPartition, Long> firsts = consumer.beginningOffsets(places.keySet(), PATIENCE);
            Map<TopicPartition, Long> ends = consumer.endOffsets(places.keySet(), PATIENCE);
            refuse(places, firsts, ends);
        } catch (TimeoutException e) {
            // No broker answers. Whoever reads next waits for one, and is refused an offset that is not there.
            LOG.warn("{} did not tell its offsets within {} s; they are looked at when it answers",
                    spec.bootstrapServers(), PATIENCE.toSeconds());
        }
    }

    /** As {@link #check}, with what the broker said: offset of the first message, and of the one that comes next. */
    static void refuse(Map<TopicPartition, Long> places, Map<TopicPartition, Long> firsts, Map<TopicPartition, Long> ends) {
        List<TopicPartition> partitions = places.keySet().stream()
                .sorted(Comparator.comparing(TopicPartition::topic).thenComparing(TopicPartition::partition))
                .collect(Collectors.toList());
        String gone = partitions.stream().filter(p -> places.get(p) < firsts.get(p))
                .map(p -> String.format("%s/%d: messages %d to %d", p.topic(), p.partition(), places.get(p), firsts.get(p) - 1))
                .collect(Collectors.joining(", "));
        if (!gone.isEmpty()) {
            throw new SourceFailure("%s are no longer in Kafka and were never read; gridseal pipeline restart --accept-loss "
                    + "goes on after them and puts the loss on record", gone);
        }
        for (TopicPartition p : partitions) {
            if (places.get(p) > ends.get(p)) {
                throw new SourceFailure("%s/%d ends at offset %d, and messages up to %d were read: the topic was deleted and "
                        + "made anew; gridseal pipeline restart --from-scratch reads everything anew",
                        p.topic(), p.partition(), ends.get(p), places.get(p) - 1);
            }
        }
    }
}
