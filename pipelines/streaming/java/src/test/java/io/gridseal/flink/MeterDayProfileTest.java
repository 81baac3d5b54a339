package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;

class MeterDayProfileTest {
    private static final long MINUTE = 60_000L;
    private static final long START = 1_795_129_200_000L;

    private record Reading(long millis, long watts) {}

    private final MeterDayProfile profile = new MeterDayProfile();

    private void accumulate(Readings readings, Reading reading) {
        profile.accumulate(readings, time(reading), TimestampData.fromEpochMillis(START), power(reading));
    }

    private void retract(Readings readings, Reading reading) {
        profile.retract(readings, time(reading), TimestampData.fromEpochMillis(START), power(reading));
    }

    private static TimestampData time(Reading reading) {
        return TimestampData.fromEpochMillis(START + reading.millis);
    }

    private static DecimalData power(Reading reading) {
        return DecimalData.fromUnscaledLong(reading.watts, 10, 3);
    }

    /** The definition, written down in the most literal way: null, or the six results with the step in W. */
    private static List<Long> naive(List<Reading> given) {
        if (given.isEmpty()) {
            return null;
        }
        List<Reading> sorted = new ArrayList<>(given);
        sorted.sort(Comparator.comparing(Reading::millis).thenComparing(Reading::watts));
        long gap = sorted.get(0).millis / MINUTE;
        long step = 0;
        for (int i = 1; i < sorted.size(); i++) {
            long distance = sorted.get(i).millis - sorted.get(i - 1).millis;
            gap = Math.max(gap, distance / MINUTE - 1);
            if (distance <= MINUTE) {
                step = Math.max(step, Math.abs(sorted.get(i).watts - sorted.get(i - 1).watts));
            }
        }
        long flat = 0;
        for (int i = 0; i < sorted.size(); i++) {
            int j = i;
            while (sorted.get(i).watts != 0 && j + 1 < sorted.size() && sorted.get(j + 1).watts == sorted.get(i).watts
                    && sorted.get(j + 1).millis - sorted.get(j).millis <= MINUTE) {
                j++;
            }
            flat = Math.max(flat, sorted.get(i).watts == 0 ? 0 : j - i + 1);
        }
        long reverse = sorted.stream().filter(r -> r.watts < 0).count();
        return List.of(sorted.get(0).millis / MINUTE, sorted.get(sorted.size() - 1).millis / MINUTE, gap, flat, step, reverse);
    }

    private List<Long> value(Readings readings) {
        RowData row = profile.getValue(readings);
        return row == null ? null : List.of((long) row.getInt(0), (long) row.getInt(1), (long) row.getInt(2),
                (long) row.getInt(3), row.getDecimal(4, 10, 3).toUnscaledLong(), (long) row.getInt(5));
    }

    private List<Long> valueOf(Reading... given) {
        Readings readings = profile.createAccumulator();
        for (Reading reading : given) {
            accumulate(readings, reading);
        }
        assertEquals(naive(List.of(given)), value(readings));
        return value(readings);
    }

    private static Reading at(double minute, long watts) {
        return new Reading((long) (minute * MINUTE), watts);
    }

    @Test
    void describesDaysThatAPersonCanCheck() {
        assertNull(value(profile.createAccumulator()));
        assertEquals(List.of(0L, 0L, 0L, 1L, 0L, 0L), valueOf(at(0, 100)));
        assertEquals(List.of(5L, 6L, 5L, 1L, 50L, 0L), valueOf(at(5, 100), at(6, 150)));
        assertEquals(List.of(0L, 2L, 0L, 3L, 0L, 0L), valueOf(at(2, 7), at(0, 7), at(1, 7)));
        assertEquals(List.of(0L, 9L, 8L, 1L, 0L, 2L), valueOf(at(0, -5), at(9, -5)));
        assertEquals(List.of(0L, 2L, 0L, 0L, 0L, 0L), valueOf(at(0, 0), at(1, 0), at(2, 0)));
        assertEquals(List.of(0L, 1L, 0L, 1L, 12_000L, 1L), valueOf(at(0, -2000), at(1, 10_000)));
        assertEquals(List.of(0L, 2L, 0L, 1L, 0L, 0L), valueOf(at(0, 5), at(1.5, 9), at(2.6, 5)));
    }

    @Test
    void agreesWithTheDefinitionWhateverComesAndGoes() {
        Random random = new Random(11);
        for (int round = 0; round < 400; round++) {
            List<Reading> held = new ArrayList<>();
            Readings readings = profile.createAccumulator();
            int spread = 1 + random.nextInt(round % 2 == 0 ? 20 : 1500);
            for (int i = 0; i < 300; i++) {
                if (!held.isEmpty() && random.nextInt(3) == 0) {
                    retract(readings, held.remove(random.nextInt(held.size())));
                } else {
                    Reading reading = random(random, spread);
                    held.add(reading);
                    accumulate(readings, reading);
                }
            }
            assertEquals(naive(held), value(readings));
            assertEquals(0, readings.owed.length);
        }
    }

    @Test
    void orderAndPartitionDoNotMatter() {
        Random random = new Random(12);
        for (int round = 0; round < 400; round++) {
            // Some readings come and go again; the events of all of them, shuffled, are shared out and merged.
            List<Reading> held = new ArrayList<>();
            List<Runnable> events = new ArrayList<>();
            Readings[] parts = {profile.createAccumulator(), profile.createAccumulator(), profile.createAccumulator()};
            for (int i = 0; i < 100; i++) {
                Reading reading = random(random, 50);
                Readings to = parts[random.nextInt(3)];
                events.add(() -> accumulate(to, reading));
                if (random.nextBoolean()) {
                    Readings from = parts[random.nextInt(3)];
                    events.add(() -> retract(from, reading));
                } else {
                    held.add(reading);
                }
            }
            Collections.shuffle(events, random);
            events.forEach(Runnable::run);
            Readings merged = profile.createAccumulator();
            profile.merge(merged, List.of(parts));
            assertEquals(naive(held), value(merged));
            assertArrayEquals(new long[0], merged.owed);
        }
    }

    @Test
    void ignoresWhatIsNoReadingOfTheDay() {
        Readings readings = profile.createAccumulator();
        TimestampData start = TimestampData.fromEpochMillis(START);
        DecimalData one = DecimalData.fromUnscaledLong(1, 10, 3);
        profile.accumulate(readings, null, start, one);
        profile.accumulate(readings, start, null, one);
        profile.accumulate(readings, start, start, null);
        profile.accumulate(readings, TimestampData.fromEpochMillis(START - 1), start, one);
        profile.accumulate(readings, TimestampData.fromEpochMillis(START + Readings.MAX_MILLIS), start, one);
        assertNull(value(readings));
    }

    @Test
    void holdsTheEndsOfItsRange() {
        for (long watts : new long[] {9_999_999_999L, -9_999_999_999L, 0}) {
            for (long millis : new long[] {0, Readings.MAX_MILLIS - 1}) {
                long reading = Readings.reading(millis, watts);
                assertEquals(millis, Readings.millis(reading));
                assertEquals(watts, Readings.watts(reading));
            }
        }
        Readings readings = profile.createAccumulator();
        accumulate(readings, at(0, 9_999_999_999L));
        accumulate(readings, at(1, -9_999_999_999L));
        assertNull(profile.getValue(readings).isNullAt(4) ? null : "a step that is no DECIMAL(10,3) is NULL");
    }

    private static Reading random(Random random, int minutes) {
        long millis = MINUTE * random.nextInt(minutes) + (random.nextInt(4) == 0 ? random.nextInt(60_000) : 0);
        return new Reading(millis, 1000L * (random.nextInt(5) - 1));
    }
}
