package io.gridseal.flink;

import org.apache.flink.api.common.eventtime.TimestampAssigner;
import org.apache.flink.api.common.eventtime.TimestampAssignerSupplier;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkGenerator;
import org.apache.flink.api.common.eventtime.WatermarkGeneratorSupplier;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.table.data.RowData;
import org.apache.flink.util.clock.RelativeClock;

import java.util.HashMap;
import java.util.Map;

/**
 * Tells how far the readings of a topic have come: to where the slowest of its partitions is, less what a device's clock may be
 * ahead.
 *
 * <p>A partition without a message for a minute is not waited for, and neither is a task that has had none for a minute. Not
 * sooner: a task that only begins would let the others go on without it, and its first messages would be late. The minute does
 * not run while the task waits for those below.
 */
final class EventClock implements WatermarkGenerator<RowData> {
    private static final long PATIENCE_MS = 60_000;

    private final int timeColumn;
    private final int partitionColumn;
    private final long aheadMs;
    private final RelativeClock clock;
    private final Map<Integer, Lane> lanes = new HashMap<>();
    private final long began;
    private long reached = Long.MIN_VALUE;

    /** How far one partition has come. */
    private static final class Lane {
        private long newest = Long.MIN_VALUE;
        private long seenAt;
        private boolean moved;
    }

    EventClock(int timeColumn, int partitionColumn, long aheadMs, RelativeClock clock) {
        this.timeColumn = timeColumn;
        this.partitionColumn = partitionColumn;
        this.aheadMs = aheadMs;
        this.clock = clock;
        this.began = clock.relativeTimeMillis();
    }

    /** A strategy with this clock. */
    static WatermarkStrategy<RowData> strategy(int timeColumn, int partitionColumn, long aheadMs) {
        return new WatermarkStrategy<>() {
            private static final long serialVersionUID = 1L;

            @Override
            public WatermarkGenerator<RowData> createWatermarkGenerator(WatermarkGeneratorSupplier.Context context) {
                return new EventClock(timeColumn, partitionColumn, aheadMs, context.getInputActivityClock());
            }

            @Override
            public TimestampAssigner<RowData> createTimestampAssigner(TimestampAssignerSupplier.Context context) {
                return (row, recorded) -> row.getTimestamp(timeColumn, 3).getMillisecond();
            }
        };
    }

    @Override
    public void onEvent(RowData row, long time, WatermarkOutput output) {
        Lane lane = lanes.computeIfAbsent(row.getInt(partitionColumn), partition -> new Lane());
        lane.newest = Math.max(lane.newest, time);
        lane.moved = true;
    }

    @Override
    public void onPeriodicEmit(WatermarkOutput output) {
        long now = clock.relativeTimeMillis();
        long slowest = Long.MAX_VALUE;
        for (Lane lane : lanes.values()) {
            if (lane.moved) {
                lane.seenAt = now;
                lane.moved = false;
            }
            if (now - lane.seenAt < PATIENCE_MS) {
                slowest = Math.min(slowest, lane.newest);
            }
        }
        if (slowest < Long.MAX_VALUE) {
            reached = Math.max(reached, slowest - aheadMs);
            output.emitWatermark(new Watermark(reached));
        } else if (now - began >= PATIENCE_MS) {
            output.markIdle();
        }
    }
}
