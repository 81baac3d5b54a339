package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.hadoop.conf.Configuration;
import org.apache.hudi.adapter.MaskingOutputAdapter;
import org.apache.hudi.avro.model.HoodieCompactionOperation;
import org.apache.hudi.avro.model.HoodieCompactionPlan;
import org.apache.hudi.client.WriteStatus;
import org.apache.hudi.common.model.HoodieCommitMetadata;
import org.apache.hudi.common.model.HoodieTableType;
import org.apache.hudi.common.model.HoodieWriteStat;
import org.apache.hudi.common.table.HoodieTableMetaClient;
import org.apache.hudi.common.table.timeline.HoodieInstant;
import org.apache.hudi.common.table.timeline.TimelineMetadataUtils;
import org.apache.hudi.common.util.Option;
import org.apache.hudi.sink.compact.CompactionCommitEvent;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compactions of a file whose logs 100, 20 and 3 records were written into, beside another file. */
class WholeCompactionsTest {
    private static final String FILE = "00000000-0000-0000-0000-000000000000-0";
    private static final String OTHER = "00000000-0000-0000-0000-000000000001-0";
    private static final String BASE = "20260901000000000";
    private static final String COMPACTION = "20260901000100000";
    private static final String NONE = "null";

    @TempDir
    private Path folder;

    private HoodieTableMetaClient table;

    @BeforeEach
    void commits() throws Exception {
        table = HoodieTableMetaClient.withPropertyBuilder()
                .setTableType(HoodieTableType.MERGE_ON_READ)
                .setTableName("reading")
                .initTable(new Configuration(), folder.toString());
        commit(BASE, stat(FILE, BASE, "log", 100), stat(OTHER, BASE, "log", 7));
        commit("20260901000010000", stat(FILE, BASE, "log", 20));
        commit("20260901000020000", stat(FILE, BASE, "log", 3), stat(OTHER, NONE, "parquet", 50));
        plan();
    }

    @Test
    void oneThatHasReadThemAllIsCommitted() {
        assertEquals(List.of(), refused(123));
    }

    @Test
    void oneThatHasReadOfACommitMoreThanOnceIsCommitted() {
        assertEquals(List.of(), refused(143));
    }

    @Test
    void oneThatHasLeftOutARecordFailsTheTask() {
        assertEquals(List.of("compaction " + COMPACTION + " of file " + FILE
                + " has left out 1 records of its logs; it is rolled back and done again"), refused(122));
    }

    @Test
    void oneThatHasMadeNoFileFailsTheTask() {
        assertEquals(1, refused().size());
    }

    @Test
    void whatIsWrittenIntoTheOldLogsAfterThePlanIsNotHidden() throws Exception {
        commit("20260901000200000", stat(FILE, BASE, "log", 5));
        assertEquals(1, refused(123).size());
        assertEquals(List.of(), refused(128));
    }

    @Test
    void whatIsWrittenIntoTheNewLogsIsNoneOfIts() throws Exception {
        commit("20260901000200000", stat(FILE, COMPACTION, "log", 5));
        assertEquals(List.of(), refused(123));
    }

    @Test
    void oneThatHasFailedIsRolledBackByHudi() {
        List<CompactionCommitEvent> passed = new ArrayList<>();
        WholeCompactions whole = new WholeCompactions(
                into(passed),
                event -> {
                    throw new AssertionError("it has no numbers");
                },
                error -> {});
        whole.collect(new StreamRecord<>(new CompactionCommitEvent(COMPACTION, FILE, 0)));
        assertTrue(passed.get(0).isFailed());
    }

    /** Why a compaction is not committed that has read so many records into a file each. */
    private List<String> refused(long... read) {
        List<WriteStatus> statuses = new ArrayList<>();
        for (long records : read) {
            WriteStatus status = new WriteStatus(false, 0.0);
            HoodieWriteStat stat = new HoodieWriteStat();
            stat.setTotalLogRecords(records);
            status.setStat(stat);
            statuses.add(status);
        }
        List<CompactionCommitEvent> passed = new ArrayList<>();
        List<String> failures = new ArrayList<>();
        table.reloadActiveTimeline();
        WholeCompactions whole = new WholeCompactions(
                into(passed), event -> WholeCompactions.unread(table, event), error -> failures.add(error.getMessage()));
        whole.collect(new StreamRecord<>(new CompactionCommitEvent(COMPACTION, FILE, statuses, 0)));
        assertEquals(1, passed.size() + failures.size());
        return failures;
    }

    private static Output<StreamRecord<CompactionCommitEvent>> into(List<CompactionCommitEvent> passed) {
        return new MaskingOutputAdapter<>(null) {
            @Override
            public void collect(StreamRecord<CompactionCommitEvent> record) {
                passed.add(record.getValue());
            }
        };
    }

    private void commit(String instant, HoodieWriteStat... stats) throws Exception {
        HoodieCommitMetadata metadata = new HoodieCommitMetadata();
        for (HoodieWriteStat stat : stats) {
            metadata.addWriteStat("dt=1", stat);
        }
        HoodieInstant requested = new HoodieInstant(HoodieInstant.State.REQUESTED, "deltacommit", instant);
        table.getActiveTimeline().createNewInstant(requested);
        table.getActiveTimeline().transitionRequestedToInflight(requested, Option.empty());
        table.getActiveTimeline()
                .saveAsComplete(
                        new HoodieInstant(true, "deltacommit", instant),
                        Option.of(metadata.toJsonString().getBytes(StandardCharsets.UTF_8)));
    }

    private void plan() throws Exception {
        HoodieCompactionPlan plan = HoodieCompactionPlan.newBuilder()
                .setVersion(2)
                .setOperations(List.of(operation(OTHER), operation(FILE)))
                .build();
        table.getActiveTimeline()
                .saveToCompactionRequested(
                        new HoodieInstant(HoodieInstant.State.REQUESTED, "compaction", COMPACTION),
                        TimelineMetadataUtils.serializeCompactionPlan(plan));
    }

    private static HoodieCompactionOperation operation(String file) {
        return HoodieCompactionOperation.newBuilder()
                .setFileId(file)
                .setBaseInstantTime(BASE)
                .setPartitionPath("dt=1")
                .setDeltaFilePaths(List.of("." + file + "_" + BASE + ".log.1_0-1-0"))
                .build();
    }

    private static HoodieWriteStat stat(String file, String previous, String kind, long writes) {
        HoodieWriteStat stat = new HoodieWriteStat();
        stat.setFileId(file);
        stat.setPrevCommit(previous);
        stat.setPath("dt=1/" + (kind.equals("log") ? "." + file + "_" + previous + ".log.1_0-1-0" : file + ".parquet"));
        stat.setNumWrites(writes);
        return stat;
    }
}
