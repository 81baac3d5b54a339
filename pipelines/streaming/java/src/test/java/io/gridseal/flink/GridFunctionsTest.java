package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.flink.table.data.TimestampData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;

class GridFunctionsTest {
    private static TimestampData at(String instant) {
        return TimestampData.fromInstant(Instant.parse(instant));
    }

    @ParameterizedTest
    @CsvSource({
        // An ordinary day, and the ends of it.
        "Europe/Paris, 2026-11-20T22:59:59.999Z, 2026-11-20, 23, 2026-11-20T22:00:00Z",
        "Europe/Paris, 2026-11-20T23:00:00Z, 2026-11-21, 0, 2026-11-20T23:00:00Z",
        // Spring: 02:00 is 03:00.
        "Europe/Paris, 2026-03-29T00:59:59Z, 2026-03-29, 1, 2026-03-29T00:00:00Z",
        "Europe/Paris, 2026-03-29T01:00:00Z, 2026-03-29, 3, 2026-03-29T01:00:00Z",
        // Autumn: two hours of 02:00.
        "Europe/Paris, 2026-10-25T00:59:59Z, 2026-10-25, 2, 2026-10-25T00:00:00Z",
        "Europe/Paris, 2026-10-25T01:00:00Z, 2026-10-25, 2, 2026-10-25T01:00:00Z",
        "Europe/Paris, 2026-10-25T02:00:00Z, 2026-10-25, 3, 2026-10-25T02:00:00Z",
        // Offsets that are no whole hours.
        "Asia/Kolkata, 2026-11-20T18:29:59Z, 2026-11-20, 23, 2026-11-20T17:30:00Z",
        "Asia/Kolkata, 2026-11-20T18:30:00Z, 2026-11-21, 0, 2026-11-20T18:30:00Z",
        "Asia/Kathmandu, 2026-11-20T18:14:59Z, 2026-11-20, 23, 2026-11-20T17:15:00Z",
        "Asia/Kathmandu, 2026-11-20T18:15:00Z, 2026-11-21, 0, 2026-11-20T18:15:00Z",
        // A clock that changes by half an hour: 02:00 +11:00 is 01:30 +10:30 in April, 02:00 +10:30 is 02:30 +11:00 in October.
        "Australia/Lord_Howe, 2026-04-04T14:59:59Z, 2026-04-05, 1, 2026-04-04T14:00:00Z",
        "Australia/Lord_Howe, 2026-04-04T15:00:00Z, 2026-04-05, 1, 2026-04-04T15:00:00Z",
        "Australia/Lord_Howe, 2026-04-04T15:30:00Z, 2026-04-05, 2, 2026-04-04T15:30:00Z",
        "Australia/Lord_Howe, 2026-10-03T15:29:59Z, 2026-10-04, 1, 2026-10-03T14:30:00Z",
        "Australia/Lord_Howe, 2026-10-03T15:30:00Z, 2026-10-04, 2, 2026-10-03T15:30:00Z",
        "Australia/Lord_Howe, 2026-10-03T16:00:00Z, 2026-10-04, 3, 2026-10-03T16:00:00Z",
        "UTC, 1969-12-31T23:59:59.999Z, 1969-12-31, 23, 1969-12-31T23:00:00Z",
        "UTC, 1970-01-01T00:00:00Z, 1970-01-01, 0, 1970-01-01T00:00:00Z",
    })
    void tellsDayAndHour(String zone, String instant, String day, int hourOfDay, String hour) {
        assertEquals(day, new GridDay(zone).eval(at(instant)).toString());
        assertEquals(hourOfDay, new GridHourOfDay(zone).eval(at(instant)));
        assertEquals(at(hour), new GridHour(zone).eval(at(instant)));
    }

    @ParameterizedTest
    @CsvSource({
        "Europe/Paris, 2026-11-20, 2026-11-19T23:00:00Z, 1440",
        "Europe/Paris, 2026-03-29, 2026-03-28T23:00:00Z, 1380",
        "Europe/Paris, 2026-10-25, 2026-10-24T22:00:00Z, 1500",
        "Asia/Kolkata, 2026-11-20, 2026-11-19T18:30:00Z, 1440",
        "Asia/Kathmandu, 2026-11-20, 2026-11-19T18:15:00Z, 1440",
        "Australia/Lord_Howe, 2026-04-05, 2026-04-04T13:00:00Z, 1470",
        "Australia/Lord_Howe, 2026-10-04, 2026-10-03T13:30:00Z, 1410",
        "UTC, 2028-02-29, 2028-02-29T00:00:00Z, 1440",
        // This zone skipped midnight: the day began at 01:00.
        "America/Sao_Paulo, 2018-11-04, 2018-11-04T03:00:00Z, 1380",
    })
    void tellsBeginAndLengthOfADay(String zone, String day, String start, int minutes) {
        assertEquals(at(start), new GridDayStart(zone).eval(day));
        assertEquals(minutes, new GridDayMinutes(zone).eval(day));
    }

    @Test
    void agreesWithTheLibraryAtRandomTimes() {
        Random random = new Random(7);
        for (String zone : new String[] {"Europe/Paris", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Kathmandu", "UTC"}) {
            GridDay days = new GridDay(zone);
            GridHour hours = new GridHour(zone);
            GridHourOfDay hoursOfDay = new GridHourOfDay(zone);
            GridDayStart starts = new GridDayStart(zone);
            GridDayMinutes minutes = new GridDayMinutes(zone);
            for (int i = 0; i < 5_000; i++) {
                long millis = (long) (random.nextDouble() * 2_000_000_000_000L);
                TimestampData time = TimestampData.fromEpochMillis(millis);
                ZonedDateTime local = Instant.ofEpochMilli(millis).atZone(ZoneId.of(zone));
                String day = days.eval(time).toString();
                assertEquals(local.toLocalDate().toString(), day);
                assertEquals(local.getHour(), hoursOfDay.eval(time));
                long start = starts.eval(day).getMillisecond();
                long hour = hours.eval(time).getMillisecond();
                long ends = start + 60_000L * minutes.eval(day);
                assertEquals(true, start <= hour && hour <= millis && millis < ends, zone + " " + local);
                ZonedDateTime localHour = Instant.ofEpochMilli(hour).atZone(ZoneId.of(zone));
                assertEquals(local.getHour(), localHour.getHour());
                assertEquals(local.getOffset(), localHour.getOffset());
            }
        }
    }

    /** Hours must share out a day: no minute in two of them, and each in the one that it begins or follows. */
    @ParameterizedTest
    @CsvSource({"Europe/Paris, 2026-10-25, 25", "Europe/Paris, 2026-03-29, 23", "Australia/Lord_Howe, 2026-04-05, 25",
        "Australia/Lord_Howe, 2026-10-04, 24", "Asia/Kathmandu, 2026-10-04, 24"})
    void hoursPartitionADay(String zone, String day, int hours) {
        GridHour function = new GridHour(zone);
        long start = new GridDayStart(zone).eval(day).getMillisecond();
        Map<Long, Integer> minutesOfHour = new LinkedHashMap<>();
        for (int minute = 0; minute < new GridDayMinutes(zone).eval(day); minute++) {
            long hour = function.eval(TimestampData.fromEpochMillis(start + 60_000L * minute)).getMillisecond();
            minutesOfHour.merge(hour, 1, Integer::sum);
        }
        assertEquals(hours, minutesOfHour.size());
        assertEquals(new TreeSet<>(minutesOfHour.keySet()), minutesOfHour.keySet());
        long expected = start;
        for (Map.Entry<Long, Integer> hour : minutesOfHour.entrySet()) {
            assertEquals(expected, hour.getKey());
            expected += 60_000L * hour.getValue();
        }
    }

    @Test
    void nullStaysNullAndWhatIsNoDayToo() {
        assertNull(new GridDay("UTC").eval(null));
        assertNull(new GridHour("UTC").eval(null));
        assertNull(new GridHourOfDay("UTC").eval(null));
        assertNull(new GridDayStart("UTC").eval(null));
        assertNull(new GridDayMinutes("UTC").eval(null));
        assertNull(new GridDayStart("UTC").eval("2026-02-30"));
        assertNull(new GridDayMinutes("UTC").eval("today"));
    }

    @Test
    void refusesWhatIsNoZone() {
        String message = assertThrows(IllegalArgumentException.class, () -> new GridDay("Europe/Pari")).getMessage();
        assertEquals("time zone of the grid: \"Europe/Pari\" is not a time zone; state an IANA name such as Europe/Paris or UTC",
                message);
    }

    @Test
    void rememberingManyDaysKeepsThemRight() {
        GridDay days = new GridDay("Europe/Paris");
        for (int i = 0; i < 10_000; i++) {
            LocalDate day = LocalDate.of(2000, 1, 1).plusDays(i);
            assertEquals(day.toString(), days.eval(TimestampData.fromInstant(day.atTime(12, 0).atZone(ZoneId.of("UTC")).toInstant()))
                    .toString());
        }
    }
}
