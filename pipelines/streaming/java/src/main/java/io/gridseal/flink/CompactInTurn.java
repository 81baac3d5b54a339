package io.gridseal.flink;

import java.util.concurrent.Semaphore;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.streaming.api.graph.StreamConfig;
import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.tasks.StreamTask;
import org.apache.flink.util.function.ThrowingRunnable;
import org.apache.hudi.sink.compact.CompactOperator;
import org.apache.hudi.sink.compact.CompactionCommitEvent;
import org.apache.hudi.sink.utils.NonThrownExecutor;
import org.apache.hudi.util.StreamerUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hudi's compaction, of one file after the other in a TaskManager, whichever tables they are of.
 *
 * <p>Tables are committed together, so that their compactions fall due together; each holds logs on the heap and would take a
 * core. In turn, one has the memory of all ({@code compaction.max_memory}), and the rest of the cores is the stream's. A file
 * whose compaction waits is not planned anew, so that whoever cannot keep up merges more commits at once.
 *
 * <p>What one has not read of the logs is not hidden by it: {@link WholeCompactions}.
 */
final class CompactInTurn extends CompactOperator {
    private static final long serialVersionUID = 1L;
    private static final Logger LOG = LoggerFactory.getLogger(CompactInTurn.class);
    private static final Semaphore TURN = new Semaphore(1, true);

    private final Configuration options;

    CompactInTurn(Configuration options) {
        super(options);
        this.options = options;
    }

    @Override
    public void setup(
            StreamTask<?, ?> task, StreamConfig config, Output<StreamRecord<CompactionCommitEvent>> output) {
        WholeCompactions whole = new WholeCompactions(
                output,
                event -> WholeCompactions.unread(StreamerUtil.createMetaClient(options), event),
                task.getEnvironment()::failExternally);
        super.setup(task, config, whole);
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
