package io.gridseal.flink;

import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.apache.hudi.avro.model.HoodieCompactionOperation;
import org.apache.hudi.avro.model.HoodieCompactionPlan;
import org.apache.hudi.common.model.FileSlice;
import org.apache.hudi.common.model.HoodieBaseFile;
import org.apache.hudi.common.table.timeline.HoodieActiveTimeline;
import org.apache.hudi.config.HoodieWriteConfig;
import org.apache.hudi.exception.HoodieException;
import org.apache.hudi.table.action.compact.strategy.CompactionStrategy;

/**
 * Compacts a file whose logs have grown with it, so that a row is written a few times, however large its day becomes.
 *
 * <p>Hudi's own strategies take every file that has logs. A file that is written all day would be written anew after every few
 * commits, whole: twice the rows would take four times the work. Here it waits until its logs are {@value #TIMES} times as
 * large as itself, which is a third of its rows (a row of a log, which is not compressed, is twelve times as large), but no
 * longer than {@link #LONGEST}, for the sake of readers, who merge the logs. A file that is small is taken at once: that costs
 * nothing.
 */
public final class GrownLogs extends CompactionStrategy {
    private static final long serialVersionUID = 1L;

    private static final double TIMES = 4;
    private static final long SMALL_BYTES = 1 << 20;
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private static final String DUE = "GRIDSEAL_DUE";

    @Override
    public Map<String, Double> captureMetrics(HoodieWriteConfig config, FileSlice slice) {
        Map<String, Double> metrics = super.captureMetrics(config, slice);
        long base = slice.getBaseFile().map(HoodieBaseFile::getFileSize).orElse(0L);
        double logs = metrics.get(TOTAL_LOG_FILE_SIZE);
        metrics.put(DUE, isDue(base, logs, age(slice.getBaseInstantTime())) ? 1.0 : 0.0);
        return metrics;
    }

    @Override
    public List<HoodieCompactionOperation> orderAndFilter(
            HoodieWriteConfig config, List<HoodieCompactionOperation> operations, List<HoodieCompactionPlan> pending) {
        return operations.stream().filter(operation -> operation.getMetrics().get(DUE) == 1.0).toList();
    }

    /** Logs belong to the compaction before them: its instant is when the first of them may have begun. */
    private static Duration age(String compacted) {
        try {
            Instant then = HoodieActiveTimeline.parseDateFromInstantTime(compacted).toInstant();
            return Duration.between(then, Instant.now());
        } catch (ParseException e) {
            throw new HoodieException("instant " + compacted + " of a file is no time", e);
        }
    }

    private static boolean isDue(long baseBytes, double logBytes, Duration age) {
        return baseBytes < SMALL_BYTES || logBytes >= TIMES * baseBytes || age.compareTo(LONGEST) >= 0;
    }
}
