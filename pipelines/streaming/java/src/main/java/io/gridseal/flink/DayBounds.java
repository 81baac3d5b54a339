package io.gridseal.flink;

import java.io.Serializable;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.Map;

/** First times of local days by their text yyyy-MM-dd, remembered. */
final class DayBounds implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int DAYS_REMEMBERED = 4096;

    /** First time of a day and of the next one, ms since 1970. */
    record Day(long start, long end) {}

    private final GridClock clock;
    private transient Map<String, Day> days;

    DayBounds(String zone) {
        clock = new GridClock(zone);
    }

    /** The day's bounds, or null for null and for a text that is not a day. */
    Day of(String day) {
        if (day == null) {
            return null;
        }
        if (days == null || days.size() > DAYS_REMEMBERED) {
            days = new HashMap<>();
        }
        return days.computeIfAbsent(day, this::find);
    }

    private Day find(String text) {
        try {
            LocalDate day = LocalDate.parse(text);
            return new Day(clock.dayStart(day), clock.dayStart(day.plusDays(1)));
        } catch (DateTimeException e) {
            return null;
        }
    }
}
