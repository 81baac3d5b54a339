package io.gridseal.flink;

import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * meter_day_profile(event_time TIMESTAMP(3), day_start TIMESTAMP(3), active_power DECIMAL(10,3)) describes the readings of
 * one meter and one day, whatever the order in which they come and go.
 *
 * <ul>
 *   <li>first_minute, last_minute: of the first and last reading, counted from the day's start
 *   <li>longest_gap_minutes: greatest number of minutes without a reading between two readings, or before the first; what
 *       follows the last one is not counted
 *   <li>longest_flat_minutes: most readings in a row, each at most 1 minute after the one before, of the same power other
 *       than 0; 0 when every power is 0
 *   <li>largest_step_kw: greatest change of power between two readings at most 1 minute apart; 0 without such a pair, NULL
 *       when it is no DECIMAL(10,3)
 *   <li>reverse_minutes: readings of a power below 0
 * </ul>
 *
 * <p>A reading with a NULL, or outside of the three days from day_start on, does not count. NULL without readings.
 */
@FunctionHint(output = @DataTypeHint(
        value = "ROW<first_minute INT, last_minute INT, longest_gap_minutes INT, longest_flat_minutes INT, "
                + "largest_step_kw DECIMAL(10, 3), reverse_minutes INT>",
        bridgedTo = RowData.class))
public final class MeterDayProfile extends AggregateFunction<RowData, Readings> {
    private static final long serialVersionUID = 1L;
    private static final long MINUTE = 60_000L;
    private static final long STEP_LIMIT = 10_000_000_000L;

    @Override
    public Readings createAccumulator() {
        return new Readings();
    }

    public void accumulate(
            Readings readings,
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData time,
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData dayStart,
            @DataTypeHint(value = "DECIMAL(10, 3)", bridgedTo = DecimalData.class) DecimalData power) {
        if (counts(time, dayStart, power)) {
            readings.add(reading(time, dayStart, power));
        }
    }

    public void retract(
            Readings readings,
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData time,
            @DataTypeHint(value = "TIMESTAMP(3)", bridgedTo = TimestampData.class) TimestampData dayStart,
            @DataTypeHint(value = "DECIMAL(10, 3)", bridgedTo = DecimalData.class) DecimalData power) {
        if (counts(time, dayStart, power)) {
            readings.remove(reading(time, dayStart, power));
        }
    }

    public void merge(Readings readings, Iterable<Readings> others) {
        others.forEach(readings::merge);
    }

    @Override
    public RowData getValue(Readings accumulator) {
        long[] readings = accumulator.present;
        if (readings.length == 0) {
            return null;
        }
        long first = Readings.millis(readings[0]);
        long gap = first / MINUTE;
        int flat = 0;
        int longestFlat = 0;
        long step = 0;
        int reverse = 0;
        for (int i = 0; i < readings.length; i++) {
            long watts = Readings.watts(readings[i]);
            boolean follows = false;
            if (i > 0) {
                long distance = Readings.millis(readings[i]) - Readings.millis(readings[i - 1]);
                gap = Math.max(gap, distance / MINUTE - 1);
                follows = distance <= MINUTE;
            }
            if (follows) {
                step = Math.max(step, Math.abs(watts - Readings.watts(readings[i - 1])));
            }
            if (watts == 0) {
                flat = 0;
            } else {
                flat = follows && watts == Readings.watts(readings[i - 1]) ? flat + 1 : 1;
            }
            longestFlat = Math.max(longestFlat, flat);
            if (watts < 0) {
                reverse++;
            }
        }
        return GenericRowData.of(
                (int) (first / MINUTE),
                (int) (Readings.millis(readings[readings.length - 1]) / MINUTE),
                (int) gap,
                longestFlat,
                step < STEP_LIMIT ? DecimalData.fromUnscaledLong(step, 10, 3) : null,
                reverse);
    }

    private static boolean counts(TimestampData time, TimestampData dayStart, DecimalData power) {
        if (time == null || dayStart == null || power == null) {
            return false;
        }
        long millis = time.getMillisecond() - dayStart.getMillisecond();
        return millis >= 0 && millis < Readings.MAX_MILLIS;
    }

    private static long reading(TimestampData time, TimestampData dayStart, DecimalData power) {
        return Readings.reading(time.getMillisecond() - dayStart.getMillisecond(), power.toUnscaledLong());
    }
}
