package io.gridseal.flink;

import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.SingleOutputStreamOperator;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.expressions.Expression;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.types.logical.RowType;

import static org.apache.flink.table.api.Expressions.$;

import java.util.ArrayList;
import java.util.List;

/**
 * Facts with the version in force at their own time, for the days within the horizon.
 *
 * @param stream changes: the columns of a fact, then those of its version
 * @param type these columns; those that both sides have come twice, the second time with an underscore
 * @param late facts of frozen days, as they came
 * @param twice the columns that only repeat what the fact says
 */
public record Facts(
        SingleOutputStreamOperator<RowData> stream, RowType type, DataStream<RowData> late, Expression[] twice) {
    private static final String SECOND = "_";

    /**
     * Who is joined how.
     *
     * @param key column that facts and versions have in common
     * @param time column of the facts' time
     * @param day column of the facts' day
     * @param validFrom column of the time from which a version is in force
     * @param partition column of the Kafka partition, whose facts come roughly in order of time
     * @param order columns by which of two facts with one key and time the first is found
     * @param zone the grid's time zone
     * @param horizonDays days before that of the newest facts that stay open
     * @param aheadMs how far a fact's time may be ahead of the others', in milliseconds
     * @param firstOpen the first open day of a job that begins without a state, empty if nothing is frozen
     * @param pastEnds ends of the past that the horizon waits for, 0 if the job began with the sources
     */
    public record Spec(
            String key,
            String time,
            String day,
            String validFrom,
            String partition,
            String[] order,
            String zone,
            int horizonDays,
            long aheadMs,
            String firstOpen,
            int pastEnds) {
        /** Columns that tell facts apart. */
        public String[] factKey() {
            return new String[] {key, time, day};
        }

        /** Columns that tell versions apart. */
        public String[] versionKey() {
            return new String[] {key, validFrom};
        }
    }

    /** Joins facts to the versions in force. */
    public static Facts asOf(
            DataStream<RowData> facts, RowType factType, DataStream<RowData> versions, RowType versionType, Spec spec) {
        Horizon horizon = new Horizon(spec.zone(), spec.horizonDays());
        AsOfSpec columns = new AsOfSpec(
                factType, versionType, spec.time(), spec.day(), spec.validFrom(), spec.order(), horizon);
        Past past = new Past(spec.pastEnds());
        WatermarkStrategy<RowData> clock = EventClock.strategy(
                factType.getFieldIndex(spec.time()), factType.getFieldIndex(spec.partition()), spec.aheadMs());
        RowKey factKey = new RowKey(factType, spec.key());
        List<Expression> twice = new ArrayList<>();
        List<RowType.RowField> fields = new ArrayList<>(factType.getFields());
        for (RowType.RowField field : versionType.getFields()) {
            boolean known = List.of(spec.versionKey()).contains(field.getName());
            String name = known ? field.getName() + SECOND : field.getName();
            fields.add(new RowType.RowField(name, field.getType().copy(true)));
            if (known) {
                twice.add($(name));
            }
        }
        RowType type = new RowType(false, fields);
        SingleOutputStreamOperator<RowData> joined = facts.assignTimestampsAndWatermarks(clock)
                .keyBy(factKey, factKey.type())
                .connect(versions.keyBy(new RowKey(versionType, spec.key()), factKey.type()))
                .transform("AsOf", InternalTypeInfo.of(type), new AsOf(columns, new OpenDay(spec.firstOpen()), past));
        return new Facts(joined, type, joined.getSideOutput(columns.late()), twice.toArray(new Expression[0]));
    }

    /** The changes, (id, table, day), whose days were frozen when they came: (id, table, first day, last day). */
    public static DataStream<RowData> lateChanges(DataStream<RowData> changes, RowType type, String firstOpen) {
        return LateChanges.of(changes, type, new OpenDay(firstOpen));
    }

    /** Bounded rows of a name, which tell when all of them have passed. */
    public static DataStream<RowData> past(DataStream<RowData> rows, String name) {
        return PastRows.of(rows, name);
    }

    /** Changes without those of frozen days. */
    public static DataStream<RowData> openDays(DataStream<RowData> changes, RowType type, String day) {
        return HorizonGate.of(changes, type.getFieldIndex(day));
    }
}
