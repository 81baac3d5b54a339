package io.gridseal.flink;

import org.apache.flink.api.common.state.ListState;
import org.apache.flink.api.common.state.ListStateDescriptor;
import org.apache.flink.api.common.typeutils.base.StringSerializer;
import org.apache.flink.runtime.state.StateInitializationContext;

import java.io.Serializable;

/** The first open day as an operator knows it, kept with its checkpoints. */
final class OpenDay implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String first;
    private transient ListState<String> kept;
    private transient String day;

    /** @param first the day as long as there is no state of it */
    OpenDay(String first) {
        this.first = first;
    }

    void restore(StateInitializationContext context) throws Exception {
        kept = context.getOperatorStateStore()
                .getUnionListState(new ListStateDescriptor<>("first-open-day", StringSerializer.INSTANCE));
        day = first;
        for (String other : kept.get()) {
            moveTo(other);
        }
    }

    void keep() throws Exception {
        kept.clear();
        kept.add(day);
    }

    String get() {
        return day;
    }

    /** Moves on; never back. */
    void moveTo(String other) {
        day = other.compareTo(day) > 0 ? other : day;
    }

    boolean isOpen(String other) {
        return other.compareTo(day) >= 0;
    }
}
