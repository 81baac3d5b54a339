package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.api.common.eventtime.Watermark;
import org.apache.flink.api.common.eventtime.WatermarkOutput;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.util.clock.ManualClock;
import org.junit.jupiter.api.Test;

/** What a task says of how far its partitions have come; devices may be 5 ms ahead. */
class EventClockTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final ManualClock clock = new ManualClock();
    private final EventClock time = new EventClock(0, 1, 5, clock);
    private final List<String> said = new ArrayList<>();

    private final WatermarkOutput output = new WatermarkOutput() {
        @Override
        public void emitWatermark(Watermark watermark) {
            said.add(Long.toString(watermark.getTimestamp()));
        }

        @Override
        public void markIdle() {
            said.add("idle");
        }

        @Override
        public void markActive() {}
    };

    @Test
    void theSlowestPartitionCounts() {
        read(0, 100);
        read(1, 40);
        read(1, 30);
        assertEquals(List.of("35"), told());
        read(1, 200);
        assertEquals(List.of("95"), told());
    }

    @Test
    void itNeverGoesBack() {
        read(0, 100);
        assertEquals(List.of("95"), told());
        read(1, 40);
        assertEquals(List.of("95"), told());
    }

    @Test
    void aPartitionThatIsSilentForAMinuteIsNotWaitedFor() {
        read(0, 100);
        read(1, 40);
        assertEquals(List.of("35"), told());
        clock.advanceTime(MINUTE.minusMillis(1));
        read(0, 300);
        assertEquals(List.of("35"), told());
        clock.advanceTime(Duration.ofMillis(1));
        assertEquals(List.of("295"), told());
    }

    @Test
    void aTaskThatHasReadNothingYetIsWaitedForAMinute() {
        assertEquals(List.of(), told());
        clock.advanceTime(MINUTE.minusMillis(1));
        assertEquals(List.of(), told());
        clock.advanceTime(Duration.ofMillis(1));
        assertEquals(List.of("idle"), told());
    }

    @Test
    void aTaskWithoutMessagesForAMinuteIsIdle() {
        read(0, 100);
        assertEquals(List.of("95"), told());
        clock.advanceTime(MINUTE);
        assertEquals(List.of("idle"), told());
    }

    private void read(int partition, long time) {
        this.time.onEvent(GenericRowData.of(TimestampData.fromEpochMillis(time), partition), time, output);
    }

    /** What it says when it is asked. */
    private List<String> told() {
        said.clear();
        time.onPeriodicEmit(output);
        return List.copyOf(said);
    }
}
