package io.gridseal.flink;

import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;

import java.io.IOException;
import java.io.Serializable;
import java.time.LocalDate;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * How far back the stream repairs: days before the first open one are frozen.
 *
 * <p>The horizon moves at checkpoints only. Whoever counts the days says at the barrier of a checkpoint how far he has come;
 * from the next checkpoint on, the horizon stands where all of them had come. So all who ask at a checkpoint hear the same,
 * whichever of them has come further meanwhile: barriers are aligned, and a change is either before the move for every one of
 * them, or after it for every one.
 */
final class Horizon implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final String NAME = "horizon";
    private static final int CHECKPOINTS_REMEMBERED = 16;

    /** The first open day while nothing is frozen; it sorts before every day. */
    static final String NOTHING_FROZEN = "";

    private final GridClock clock;
    private final int days;

    /**
     * @param zone the grid's time zone
     * @param days days before that of the newest reading that stay open
     */
    Horizon(String zone, int days) {
        clock = new GridClock(zone);
        this.days = days;
    }

    /** The first open day, yyyy-MM-dd, when all readings before a time have been seen. */
    String firstOpenDay(long watermark) {
        return watermark == Long.MIN_VALUE
                ? NOTHING_FROZEN
                : LocalDate.ofEpochDay(clock.day(watermark) - days).toString();
    }

    /** The time from which a day is frozen, as soon as a checkpoint moves the horizon. */
    long frozenFrom(LocalDate day) {
        return clock.dayStart(day.plusDays(days + 1L));
    }

    /**
     * One of those who count says which is the first open day for him, at the barrier of a checkpoint; he hears that of all, as
     * {@link #at} tells it.
     */
    static String report(GlobalAggregateManager manager, long checkpoint, TaskInfo task, String firstOpenDay)
            throws IOException {
        Report report = new Report(
                task.getAttemptNumber(),
                checkpoint,
                task.getIndexOfThisSubtask(),
                task.getNumberOfParallelSubtasks(),
                firstOpenDay);
        return before(checkpoint, manager.updateGlobalAggregate(NAME, report, new Reports()));
    }

    /** The first open day from a checkpoint on: the earliest of those that were said at the last one before it. */
    static String at(GlobalAggregateManager manager, long checkpoint) throws IOException {
        return before(checkpoint, manager.updateGlobalAggregate(NAME, Report.QUESTION, new Reports()));
    }

    private static String before(long checkpoint, TreeMap<Long, String> agreed) {
        Map.Entry<Long, String> found = agreed.lowerEntry(checkpoint);
        return found == null ? NOTHING_FROZEN : found.getValue();
    }

    /** What one of so many says at a checkpoint; without a day it is a question. */
    record Report(int attempt, long checkpoint, int teller, int tellers, String firstOpenDay) implements Serializable {
        static final Report QUESTION = new Report(0, 0, 0, 0, null);
    }

    /** What has been said since the last start of the job: whoever starts again begins at the last checkpoint again. */
    private static final class Said {
        private int attempt;
        private int tellers;
        private final TreeMap<Long, TreeMap<Integer, String>> days = new TreeMap<>();
    }

    private static final class Reports implements AggregateFunction<Report, Said, TreeMap<Long, String>> {
        private static final long serialVersionUID = 1L;

        @Override
        public Said createAccumulator() {
            return new Said();
        }

        @Override
        public Said add(Report report, Said said) {
            if (report.firstOpenDay() == null || report.attempt() < said.attempt) {
                return said;
            }
            if (report.attempt() > said.attempt) {
                said.attempt = report.attempt();
                said.days.clear();
            }
            said.tellers = report.tellers();
            said.days.computeIfAbsent(report.checkpoint(), checkpoint -> new TreeMap<>())
                    .put(report.teller(), report.firstOpenDay());
            while (said.days.size() > CHECKPOINTS_REMEMBERED) {
                said.days.pollFirstEntry();
            }
            return said;
        }

        @Override
        public TreeMap<Long, String> getResult(Said said) {
            TreeMap<Long, String> agreed = new TreeMap<>();
            said.days.forEach((checkpoint, told) -> {
                if (told.size() == said.tellers) {
                    agreed.put(checkpoint, Collections.min(told.values()));
                }
            });
            return agreed;
        }

        @Override
        public Said merge(Said a, Said b) {
            throw new UnsupportedOperationException("there is one place at which they are told");
        }
    }
}
