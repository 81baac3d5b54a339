package io.gridseal.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/** grid_hour(TIMESTAMP(3)) gives the time in UTC at which the local clock's hour began. */
public final class GridHour extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private final GridClock clock;

    public GridHour(String zone) {
        clock = new GridClock(zone);
    }

    public @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData eval(
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData time) {
        return time == null ? null : TimestampData.fromEpochMillis(clock.hour(time.getMillisecond()));
    }
}
