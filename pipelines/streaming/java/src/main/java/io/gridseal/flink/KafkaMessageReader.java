package io.gridseal.flink;

import org.apache.flink.api.connector.source.ReaderOutput;
import org.apache.flink.api.connector.source.SourceEvent;
import org.apache.flink.api.connector.source.SourceReader;
import org.apache.flink.connector.kafka.source.split.KafkaPartitionSplit;
import org.apache.flink.core.io.InputStatus;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.ExceptionUtils;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;

/**
 * Ends the job when messages that were not read yet are gone from Kafka, be it at the start or while it runs.
 *
 * <p>A consumer would otherwise go on at the oldest message that is left, and say nothing.
 */
final class KafkaMessageReader implements SourceReader<RowData, KafkaPartitionSplit> {
    private final SourceReader<RowData, KafkaPartitionSplit> reader;
    private final KafkaPlaces places;

    /** @param reader of a source whose consumer refuses an offset that is not there (auto.offset.reset none) */
    KafkaMessageReader(SourceReader<RowData, KafkaPartitionSplit> reader, KafkaPlaces places) {
        this.reader = reader;
        this.places = places;
    }

    @Override
    public void addSplits(List<KafkaPartitionSplit> splits) {
        List<KafkaPartitionSplit> placed = splits.stream().map(places::begin).collect(Collectors.toList());
        Map<TopicPartition, Long> begins = new HashMap<>();
        placed.forEach(split -> begins.put(split.getTopicPartition(), split.getStartingOffset()));
        // Here, so that the job fails before its tasks run, and a start that waits for them can tell why.
        check(begins);
        reader.addSplits(placed);
    }

    @Override
    public InputStatus pollNext(ReaderOutput<RowData> output) throws Exception {
        try {
            return reader.pollNext(output);
        } catch (RuntimeException e) {
            ExceptionUtils.findThrowable(e, OffsetOutOfRangeException.class)
                    .ifPresent(refused -> check(refused.offsetOutOfRangePartitions()));
            throw e;
        }
    }

    private void check(Map<TopicPartition, Long> begins) {
        try {
            places.check(begins);
        } catch (SourceFailure e) {
            throw e.later();
        }
    }

    @Override
    public void start() {
        reader.start();
    }

    @Override
    public List<KafkaPartitionSplit> snapshotState(long checkpointId) {
        return reader.snapshotState(checkpointId);
    }

    @Override
    public CompletableFuture<Void> isAvailable() {
        return reader.isAvailable();
    }

    @Override
    public void notifyNoMoreSplits() {
        reader.notifyNoMoreSplits();
    }

    @Override
    public void handleSourceEvents(SourceEvent event) {
        reader.handleSourceEvents(event);
    }

    @Override
    public void notifyCheckpointComplete(long checkpointId) throws Exception {
        reader.notifyCheckpointComplete(checkpointId);
    }

    @Override
    public void notifyCheckpointAborted(long checkpointId) throws Exception {
        reader.notifyCheckpointAborted(checkpointId);
    }

    @Override
    public void pauseOrResumeSplits(Collection<String> toPause, Collection<String> toResume) {
        reader.pauseOrResumeSplits(toPause, toResume);
    }

    @Override
    public void close() throws Exception {
        reader.close();
    }
}
