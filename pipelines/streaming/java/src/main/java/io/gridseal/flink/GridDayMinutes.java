package io.gridseal.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * grid_day_minutes(STRING) gives the length in minutes of a local day yyyy-MM-dd: 1440, or another where the clock changes
 * (1380 and 1500 in most zones); NULL for a text that is not a day.
 */
public final class GridDayMinutes extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final long MINUTE = 60_000L;

    private final DayBounds bounds;

    public GridDayMinutes(String zone) {
        bounds = new DayBounds(zone);
    }

    public @DataTypeHint("INT") Integer eval(String day) {
        DayBounds.Day found = bounds.of(day);
        return found == null ? null : (Integer) (int) ((found.end() - found.start()) / MINUTE);
    }
}
