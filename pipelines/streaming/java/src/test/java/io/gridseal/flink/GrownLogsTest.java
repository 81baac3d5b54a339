package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hudi.avro.model.HoodieCompactionOperation;
import org.apache.hudi.common.model.CompactionOperation;
import org.apache.hudi.common.model.FileSlice;
import org.apache.hudi.common.model.HoodieBaseFile;
import org.apache.hudi.common.model.HoodieLogFile;
import org.apache.hudi.common.table.timeline.HoodieActiveTimeline;
import org.apache.hudi.common.util.CompactionUtils;
import org.apache.hudi.common.util.Option;
import org.apache.hudi.config.HoodieWriteConfig;
import org.junit.jupiter.api.Test;

/** Which files are compacted, as Hudi asks: for each file first, then for the plan. */
class GrownLogsTest {
    private static final long MB = 1 << 20;
    private static final Duration NOW = Duration.ofSeconds(1);
    private static final String FILE = "00000000-0000-0000-0000-000000000000-0";
    private static final HoodieWriteConfig CONFIG = HoodieWriteConfig.newBuilder().withPath("/lake/dwd/reading").build();

    private final GrownLogs strategy = new GrownLogs();

    @Test
    void aFileWaitsUntilItsLogsHaveGrownWithIt() {
        assertEquals(List.of(), compacted(50 * MB, NOW, 100 * MB, 99 * MB));
        assertEquals(List.of("dt=1"), compacted(50 * MB, NOW, 100 * MB, 100 * MB));
        assertEquals(List.of(), compacted(51 * MB, NOW, 100 * MB, 100 * MB));
    }

    @Test
    void aSmallFileAndOneThatIsNotThereWaitForNothing() {
        assertEquals(List.of("dt=1"), compacted(MB - 1, NOW, 1));
        assertEquals(List.of("dt=1"), compacted(0, NOW, 1));
    }

    @Test
    void readersMergeLogsOfTenMinutesAtMost() {
        assertEquals(List.of(), compacted(100 * MB, Duration.ofMinutes(9), 1, 1));
        assertEquals(List.of("dt=1"), compacted(100 * MB, Duration.ofMinutes(11), 1, 1));
    }

    /** What is compacted of a file of so many bytes (0: none), written so long ago, with logs of so many bytes. */
    private List<String> compacted(long bytes, Duration ago, long... logs) {
        String instant = HoodieActiveTimeline.formatDate(Date.from(Instant.now().minus(ago)));
        FileSlice slice = new FileSlice("dt=1", instant, FILE);
        Option<HoodieBaseFile> base = bytes == 0
                ? Option.empty()
                : Option.of(new HoodieBaseFile(status(FILE + "_0-1-0_" + instant + ".parquet", bytes)));
        base.ifPresent(slice::setBaseFile);
        for (int i = 0; i < logs.length; i++) {
            slice.addLogFile(new HoodieLogFile(status("." + FILE + "_" + instant + ".log." + (i + 1) + "_0-1-0", logs[i])));
        }
        List<HoodieLogFile> files = slice.getLogFiles().toList();
        HoodieCompactionOperation operation = CompactionUtils.buildHoodieCompactionOperation(
                new CompactionOperation(base, "dt=1", files, strategy.captureMetrics(CONFIG, slice)));
        return strategy.orderAndFilter(CONFIG, List.of(operation), List.of()).stream()
                .map(HoodieCompactionOperation::getPartitionPath)
                .toList();
    }

    private static FileStatus status(String name, long bytes) {
        return new FileStatus(bytes, false, 1, 128 * MB, 0, new Path("/lake/dwd/reading/dt=1", name));
    }
}
