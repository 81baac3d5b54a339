package io.gridseal.flink;

import java.io.IOException;
import java.util.Collection;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.hudi.adapter.MaskingOutputAdapter;
import org.apache.hudi.avro.model.HoodieCompactionOperation;
import org.apache.hudi.common.model.HoodieCommitMetadata;
import org.apache.hudi.common.model.HoodieLogFile;
import org.apache.hudi.common.model.HoodieWriteStat;
import org.apache.hudi.common.table.HoodieTableMetaClient;
import org.apache.hudi.common.table.timeline.HoodieActiveTimeline;
import org.apache.hudi.common.table.timeline.HoodieInstant;
import org.apache.hudi.common.util.CompactionUtils;
import org.apache.hudi.exception.HoodieException;
import org.apache.hudi.exception.HoodieIOException;
import org.apache.hudi.sink.compact.CompactionCommitEvent;

/**
 * Lets only those compactions be committed that have read every record which commits wrote into the logs of their file.
 *
 * <p>A new file hides the logs that it was made of. A record that was not read is lost then, and nobody would be told: Hudi's
 * reader leaves out what it takes for unfinished or damaged. Instead the task fails, the compaction is rolled back, and it is
 * done again; until then readers have the logs.
 */
final class WholeCompactions extends MaskingOutputAdapter<CompactionCommitEvent> {
    private final ToLongFunction<CompactionCommitEvent> unread;
    private final Consumer<Throwable> fail;

    /**
     * @param output Where compactions are committed.
     * @param unread Records that a compaction has left out.
     * @param fail Fails the task.
     */
    WholeCompactions(
            Output<StreamRecord<CompactionCommitEvent>> output,
            ToLongFunction<CompactionCommitEvent> unread,
            Consumer<Throwable> fail) {
        super(output);
        this.unread = unread;
        this.fail = fail;
    }

    @Override
    public void collect(StreamRecord<CompactionCommitEvent> record) {
        CompactionCommitEvent event = record.getValue();
        long left = event.isFailed() ? 0 : unread.applyAsLong(event);
        if (left > 0) {
            fail.accept(new HoodieException("compaction " + event.getInstant() + " of file " + event.getFileId()
                    + " has left out " + left + " records of its logs; it is rolled back and done again"));
        } else {
            super.collect(record);
        }
    }

    /**
     * Records that a compaction has left out, by what commits say that they wrote.
     *
     * <p>Commits of later than the plan count as well: what they have written into the old logs would be hidden.
     *
     * @param table The table as it is now.
     */
    static long unread(HoodieTableMetaClient table, CompactionCommitEvent event) {
        HoodieCompactionOperation operation =
                CompactionUtils.getCompactionPlan(table, event.getInstant()).getOperations().stream()
                        .filter(one -> one.getFileId().equals(event.getFileId()))
                        .findFirst()
                        .orElseThrow();
        String base = operation.getBaseInstantTime();
        HoodieActiveTimeline timeline = table.getActiveTimeline();
        long written = timeline.getDeltaCommitTimeline().filterCompletedInstants().getInstantsAsStream()
                .filter(instant -> instant.getTimestamp().compareTo(base) >= 0)
                .flatMap(instant -> stats(timeline, instant).stream())
                .filter(stat -> event.getFileId().equals(stat.getFileId()) && base.equals(stat.getPrevCommit()))
                .filter(stat -> stat.getPath().contains(HoodieLogFile.DELTA_EXTENSION))
                .mapToLong(HoodieWriteStat::getNumWrites)
                .sum();
        long read = event.getWriteStatuses().stream()
                .mapToLong(status -> status.getStat().getTotalLogRecords())
                .sum();
        return written - read;
    }

    private static Collection<HoodieWriteStat> stats(HoodieActiveTimeline timeline, HoodieInstant instant) {
        try {
            byte[] details = timeline.getInstantDetails(instant).get();
            return HoodieCommitMetadata.fromBytes(details, HoodieCommitMetadata.class).getWriteStats();
        } catch (IOException e) {
            throw new HoodieIOException("commit " + instant + " cannot be read", e);
        }
    }
}
