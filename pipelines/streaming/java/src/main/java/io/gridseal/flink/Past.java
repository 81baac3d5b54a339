package io.gridseal.flink;

import org.apache.flink.api.common.functions.AggregateFunction;
import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;
import org.apache.flink.runtime.taskexecutor.GlobalAggregateManager;

import java.io.IOException;
import java.io.Serializable;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Whether all rows have passed that came before the job began, as an operator below them knows it, kept with its checkpoints.
 *
 * <p>Who reads them says so at the barrier of each checkpoint, under its number, once he has come to an end. The same barrier
 * comes by here later, so every instance of an operator knows of the same ends at a checkpoint; a task that is at its end
 * when a checkpoint completes does not run again after a restart, and is remembered here by that checkpoint.
 */
final class Past implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final String NAME = "past";
    private static final long NOT_YET = Long.MAX_VALUE;
    /** Among the tasks that are at their end: all are, even if there were fewer then, at a lower parallelism. */
    private static final String ALL = "";

    private final int ends;
    private transient ListState<String> kept;
    private transient TreeSet<String> ended;

    /** @param ends how many tasks read them */
    Past(int ends) {
        this.ends = ends;
    }

    void restore(StateInitializationContext context) throws Exception {
        kept = context.getOperatorStateStore()
                .getUnionListState(new ListStateDescriptor<>("ends-of-the-past", StringSerializer.INSTANCE));
        ended = new TreeSet<>();
        for (String task : kept.get()) {
            ended.add(task);
        }
    }

    void keep() throws Exception {
        kept.clear();
        for (String task : ended) {
            kept.add(task);
        }
    }

    /** Whether the barrier of a checkpoint has all of these rows before it. */
    boolean hasEnded(GlobalAggregateManager manager, long checkpoint) throws IOException {
        if (ended.contains(ALL) || ends == 0) {
            return true;
        }
        if (ended.size() < ends) {
            for (Map.Entry<String, Long> end : ask(manager, new End(null, checkpoint)).entrySet()) {
                if (end.getValue() <= checkpoint) {
                    ended.add(end.getKey());
                }
            }
        }
        return ended.size() >= ends && ended.add(ALL);
    }

    /** A task begins, maybe again: it was at its end before a checkpoint that did not complete. */
    static void begin(GlobalAggregateManager manager, String task) throws IOException {
        ask(manager, new End(task, NOT_YET));
    }

    /** A task has come to its end before a checkpoint. */
    static void end(GlobalAggregateManager manager, String task, long checkpoint) throws IOException {
        ask(manager, new End(task, checkpoint));
    }

    private static TreeMap<String, Long> ask(GlobalAggregateManager manager, End end) throws IOException {
        return manager.updateGlobalAggregate(NAME, end, new Ends());
    }

    /** What is said at a checkpoint; without a task it is a question. */
    record End(String task, long checkpoint) implements Serializable {}

    private static final class Ends
            implements AggregateFunction<End, TreeMap<String, Long>, TreeMap<String, Long>> {
        private static final long serialVersionUID = 1L;

        @Override
        public TreeMap<String, Long> createAccumulator() {
            return new TreeMap<>();
        }

        @Override
        public TreeMap<String, Long> add(End end, TreeMap<String, Long> ends) {
            if (end.task() != null) {
                ends.merge(end.task(), end.checkpoint(), (known, said) -> said == NOT_YET ? said : Math.min(known, said));
            }
            return ends;
        }

        @Override
        public TreeMap<String, Long> getResult(TreeMap<String, Long> ends) {
            return new TreeMap<>(ends);
        }

        @Override
        public TreeMap<String, Long> merge(TreeMap<String, Long> a, TreeMap<String, Long> b) {
            b.forEach(a::putIfAbsent);
            return a;
        }
    }
}
