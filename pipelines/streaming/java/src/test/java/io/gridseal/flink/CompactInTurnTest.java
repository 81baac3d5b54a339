package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.gridseal.flink.CompactInTurn.InTurn;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Compactions of several tables, each of which has an executor of its own. */
@Timeout(20)
class CompactInTurnTest {
    @Test
    void tablesAreCompactedOneAfterTheOther() throws Exception {
        AtomicInteger running = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        CountDownLatch ended = new CountDownLatch(8);
        try (InTurn readings = new InTurn();
                InTurn days = new InTurn()) {
            for (int i = 0; i < 4; i++) {
                for (InTurn table : new InTurn[] {readings, days}) {
                    table.execute(
                            () -> {
                                most.accumulateAndGet(running.incrementAndGet(), Math::max);
                                Thread.sleep(20);
                                running.decrementAndGet();
                                ended.countDown();
                            },
                            (text, error) -> {},
                            "compaction");
                }
            }
            assertTrue(ended.await(10, TimeUnit.SECONDS));
        }
        assertEquals(1, most.get());
    }

    @Test
    void oneThatFailsLetsTheNextBegin() throws Exception {
        CountDownLatch told = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        try (InTurn readings = new InTurn();
                InTurn days = new InTurn()) {
            readings.execute(
                    () -> {
                        throw new IllegalStateException("a log cannot be read");
                    },
                    (text, error) -> told.countDown(),
                    "compaction");
            days.execute(ended::countDown, (text, error) -> {}, "compaction");
            assertTrue(told.await(10, TimeUnit.SECONDS));
            assertTrue(ended.await(10, TimeUnit.SECONDS));
        }
    }

    @Test
    void aCancelledTaskDoesNotWaitForAnotherTable() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch told = new CountDownLatch(1);
        AtomicInteger compacted = new AtomicInteger();
        try (InTurn readings = new InTurn()) {
            readings.execute(
                    () -> {
                        begun.countDown();
                        goOn.await();
                    },
                    (text, error) -> {},
                    "compaction");
            assertTrue(begun.await(10, TimeUnit.SECONDS));
            try (InTurn days = new InTurn()) {
                days.execute(compacted::incrementAndGet, (text, error) -> told.countDown(), "compaction");
                assertFalse(told.await(100, TimeUnit.MILLISECONDS));
            }
            assertTrue(told.await(0, TimeUnit.SECONDS));
            goOn.countDown();
        }
        assertEquals(0, compacted.get());
    }
}
