package io.gridseal.flink;

import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.functions.UserDefinedFunction;

import java.util.Map;
import java.util.function.Function;

/** The SQL functions that the tables' transforms may call beside those of Flink. */
public final class GridsealFunctions {
    private static final Map<String, Function<String, UserDefinedFunction>> FUNCTIONS = Map.of(
            "grid_day", GridDay::new,
            "grid_hour", GridHour::new,
            "grid_hour_of_day", GridHourOfDay::new,
            "grid_day_start", GridDayStart::new,
            "grid_day_end", GridDayEnd::new,
            "grid_day_minutes", GridDayMinutes::new,
            "meter_day_profile", zone -> new MeterDayProfile());

    private GridsealFunctions() {}

    /**
     * Registers every function as a temporary system function; one that is there is replaced.
     *
     * @param zone the grid's time zone, an IANA name
     */
    public static void register(StreamTableEnvironment tables, String zone) {
        FUNCTIONS.forEach((name, make) -> {
            tables.dropTemporarySystemFunction(name);
            tables.createTemporarySystemFunction(name, make.apply(zone));
        });
    }
}
