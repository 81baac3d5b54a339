package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import org.apache.flink.api.common.TaskInfo;
import org.apache.flink.api.common.TaskInfoImpl;
import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;
import org.junit.jupiter.api.Test;

/** Where the horizon stands for all who ask, after two have said how far they had come. */
class HorizonTest {
    private final Place place = new Place();

    @Test
    void itStandsWhereAllHadComeAtTheCheckpointBefore() throws Exception {
        say(0, 1, 0, "2026-01-05");
        say(0, 1, 1, "2026-01-03");
        assertEquals("", at(1));
        assertEquals("2026-01-03", at(2));
    }

    @Test
    void whoComesFirstToACheckpointHearsWhatTheLastOneHears() throws Exception {
        say(0, 1, 0, "2026-01-03");
        say(0, 1, 1, "2026-01-03");
        say(0, 2, 0, "2026-01-09");
        assertEquals("2026-01-03", at(2));
        say(0, 2, 1, "2026-01-09");
        assertEquals("2026-01-03", at(2));
        assertEquals("2026-01-09", at(3));
    }

    @Test
    void aCheckpointThatOneOfThemHasNotSeenDoesNotMoveIt() throws Exception {
        say(0, 1, 0, "2026-01-03");
        say(0, 1, 1, "2026-01-03");
        say(0, 2, 1, "2026-01-09");
        assertEquals("2026-01-03", at(3));
    }

    @Test
    void whatWasSaidBeforeARestartIsForgotten() throws Exception {
        say(0, 1, 0, "2026-01-09");
        say(0, 1, 1, "2026-01-09");
        say(1, 1, 0, "2026-01-03");
        assertEquals("", at(2));
        say(0, 1, 1, "2026-01-09");
        assertEquals("", at(2));
        say(1, 1, 1, "2026-01-04");
        assertEquals("2026-01-03", at(2));
    }

    private void say(int attempt, long checkpoint, int teller, String day) throws IOException {
        TaskInfo task = new TaskInfoImpl("AsOf", 128, teller, 2, attempt);
        Horizon.report(place, checkpoint, task, day);
    }

    private String at(long checkpoint) throws IOException {
        return Horizon.at(place, checkpoint);
    }

    /** As the JobManager keeps it. */
    private static final class Place implements GlobalAggregateManager {
        private Object kept;

        @Override
        @SuppressWarnings("unchecked")
        public <IN, ACC, OUT> OUT updateGlobalAggregate(String name, Object value, AggregateFunction<IN, ACC, OUT> function) {
            ACC accumulator = function.add((IN) value, kept == null ? function.createAccumulator() : (ACC) kept);
            kept = accumulator;
            return function.getResult(accumulator);
        }
    }
}
