package io.gridseal.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.ScalarFunction;

import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;

/** grid_day(TIMESTAMP(3)) gives the local day, yyyy-MM-dd, of a time in UTC. */
public final class GridDay extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final int DAYS_REMEMBERED = 4096;

    private final GridClock clock;
    private transient Map<Long, StringData> texts;

    public GridDay(String zone) {
        clock = new GridClock(zone);
    }

    public @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData eval(
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData time) {
        if (time == null) {
            return null;
        }
        if (texts == null || texts.size() > DAYS_REMEMBERED) {
            texts = new HashMap<>();
        }
        return texts.computeIfAbsent(clock.day(time.getMillisecond()),
                day -> StringData.fromString(LocalDate.ofEpochDay(day).toString()));
    }
}
