package io.gridseal.flink;

import org.apache.flink.table.data.RowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.util.OutputTag;

import java.io.Serializable;
import java.util.Arrays;

/** What {@link AsOf} joins: the columns of both sides, and which of them mean what. */
final class AsOfSpec implements Serializable {
    private static final long serialVersionUID = 1L;

    private final RowType facts;
    private final RowType versions;
    private final int time;
    private final int day;
    private final int validFrom;
    private final RowData.FieldGetter[] orderGetters;
    private final Horizon horizon;
    private final OutputTag<RowData> late;

    /**
     * @param facts columns of the facts
     * @param versions columns of the versions
     * @param time column of the facts' time, TIMESTAMP(3)
     * @param day column of the facts' day, yyyy-MM-dd
     * @param validFrom column of the time from which a version is in force, TIMESTAMP(3)
     * @param order columns by which of two facts with one key and time the first is found
     * @param horizon which days are open
     */
    AsOfSpec(RowType facts, RowType versions, String time, String day, String validFrom, String[] order, Horizon horizon) {
        this.facts = facts;
        this.versions = versions;
        this.time = facts.getFieldIndex(time);
        this.day = facts.getFieldIndex(day);
        this.validFrom = versions.getFieldIndex(validFrom);
        this.horizon = horizon;
        orderGetters = Arrays.stream(order)
                .mapToInt(facts::getFieldIndex)
                .mapToObj(place -> RowData.createFieldGetter(facts.getTypeAt(place), place))
                .toArray(RowData.FieldGetter[]::new);
        late = new OutputTag<>("late", InternalTypeInfo.of(facts));
    }

    RowType facts() {
        return facts;
    }

    RowType versions() {
        return versions;
    }

    int time() {
        return time;
    }

    int day() {
        return day;
    }

    int validFrom() {
        return validFrom;
    }

    Horizon horizon() {
        return horizon;
    }

    /** Facts of frozen days. */
    OutputTag<RowData> late() {
        return late;
    }

    /** Whether a fact comes before another one of the same key and time. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    boolean comesFirst(RowData fact, RowData other) {
        for (RowData.FieldGetter getter : orderGetters) {
            int sign = ((Comparable) getter.getFieldOrNull(fact)).compareTo(getter.getFieldOrNull(other));
            if (sign != 0) {
                return sign < 0;
            }
        }
        return false;
    }
}
