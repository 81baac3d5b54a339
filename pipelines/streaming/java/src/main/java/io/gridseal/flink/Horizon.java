package io.gridseal.flink;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;

import java.io.IOException;
import java.io.Serializable;
import java.time.LocalDate;
import java.util.TreeMap;

/**
 * How far back the stream repairs: days before the first open one are frozen.
 *
 * <p>The horizon moves at checkpoints only. Whoever counts the days agrees at the barrier of a checkpoint on the first open
 * day and reports it under the checkpoint's number; every gate below reads it when the same barrier passes. Barriers are
 * aligned, so all of them cut the stream at the same place: a change is either before the move at every gate, or after it
 * at every gate.
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

    /** Makes known the first open day from a checkpoint on. All who report say the same. */
    static void report(GlobalAggregateManager manager, long checkpoint, String firstOpenDay) throws IOException {
        manager.updateGlobalAggregate(NAME, new Report(checkpoint, firstOpenDay), new Reports());
    }

    /** The first open day from a checkpoint on, or, if nobody has reported it, from the last one before it. */
    static String at(GlobalAggregateManager manager, long checkpoint) throws IOException {
        TreeMap<Long, String> reports = manager.updateGlobalAggregate(NAME, new Report(checkpoint, null), new Reports());
        var found = reports.floorEntry(checkpoint);
        return found == null ? NOTHING_FROZEN : found.getValue();
    }

    /** What is said at a checkpoint; without a day it is a question. */
    record Report(long checkpoint, String firstOpenDay) implements Serializable {}

    private static final class Reports
            implements AggregateFunction<Report, TreeMap<Long, String>, TreeMap<Long, String>> {
        private static final long serialVersionUID = 1L;

        @Override
        public TreeMap<Long, String> createAccumulator() {
            return new TreeMap<>();
        }

        @Override
        public TreeMap<Long, String> add(Report report, TreeMap<Long, String> reports) {
            if (report.firstOpenDay() != null) {
                reports.put(report.checkpoint(), report.firstOpenDay());
                while (reports.size() > CHECKPOINTS_REMEMBERED) {
                    reports.pollFirstEntry();
                }
            }
            return reports;
        }

        @Override
        public TreeMap<Long, String> getResult(TreeMap<Long, String> reports) {
            return new TreeMap<>(reports);
        }

        @Override
        public TreeMap<Long, String> merge(TreeMap<Long, String> a, TreeMap<Long, String> b) {
            a.putAll(b);
            return a;
        }
    }
}
