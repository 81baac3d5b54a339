package io.gridseal.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

/** grid_hour_of_day(TIMESTAMP(3)) gives what the local clock shows for the hour, 0 to 23, at a time in UTC. */
public final class GridHourOfDay extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private final GridClock clock;

    public GridHourOfDay(String zone) {
        clock = new GridClock(zone);
    }

    public @DataTypeHint("INT") Integer eval(
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData time) {
        return time == null ? null : (Integer) clock.hourOfDay(time.getMillisecond());
    }
}
