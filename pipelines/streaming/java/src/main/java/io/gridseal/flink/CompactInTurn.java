package io.gridseal.flink;

import java.util.concurrent.Semaphore;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.util.function.ThrowingRunnable;
import org.apache.hudi.sink.compact.CompactOperator;
import org.apache.hudi.sink.utils.NonThrownExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hudi's compaction, of one file after the other in a TaskManager, whichever tables they are of.
 *
 * <p>Tables are committed together, so that their compactions fall due together; each holds logs on the heap and would take a
 * core. In turn, one has the memory of all ({@code compaction.max_memory}), and the rest of the cores is the stream's. A file
 * whose compaction waits is not planned anew, so that whoever cannot keep up merges more commits at once.
 */
final class CompactInTurn extends CompactOperator {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(CompactInTurn.class);
    private static final Semaphore TURN = new Semaphore(1, true);

    CompactInTurn(Configuration options) {
        super(options);
    }

    @Override
    public void open() throws Exception {
        super.open();
        setExecutor(new InTurn());
    }

    /** One of these a table; a cancelled task's is interrupted, also while it waits. */
    static final class InTurn extends NonThrownExecutor {
        InTurn() {
            super(LOG, null, false);
        }

        @Override
        public void execute(ThrowingRunnable<Throwable> action, ExceptionHook hook, String name, Object... parameters) {
            super.execute(
                    () -> {
                        TURN.acquire();
                        try {
                            action.run();
                        } finally {
                            TURN.release();
                        }
                    },
                    hook,
                    name,
                    parameters);
        }
    }
}
