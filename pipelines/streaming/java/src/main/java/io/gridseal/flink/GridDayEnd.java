package io.gridseal.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/** grid_day_end(STRING) gives the first time, in UTC, of the local day after a day yyyy-MM-dd; NULL for a text that is not a day. */
public final class GridDayEnd extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private final DayBounds bounds;

    public GridDayEnd(String zone) {
        bounds = new DayBounds(zone);
    }

    public @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData eval(String day) {
        DayBounds.Day found = bounds.of(day);
        return found == null ? null : TimestampData.fromEpochMillis(found.end());
    }
}
