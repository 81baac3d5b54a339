package io.gridseal.flink;

import java.io.Serializable;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * The grid's local time. Remembers the span of time in which the zone's offset last stayed the same, so that a row costs
 * two comparisons and no object.
 */
final class GridClock implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final long HOUR = 3_600_000L;
    private static final long DAY = 24 * HOUR;

    private final String zone;
    private transient ZoneRules rules;
    private transient long from;
    private transient long until;
    private transient long offset;

    /**
     * @param zone an IANA time zone
     * @throws IllegalArgumentException when there is no such zone
     */
    GridClock(String zone) {
        this.zone = zone;
        try {
            ZoneId.of(zone);
        } catch (DateTimeException | NullPointerException e) {
            throw new IllegalArgumentException(String.format(
                    "time zone of the grid: \"%s\" is not a time zone; state an IANA name such as Europe/Paris or UTC", zone));
        }
    }

    /** The number of the local day at a time, counted from 1970-01-01; times are ms since 1970 in UTC. */
    long day(long millis) {
        return Math.floorDiv(millis + offset(millis), DAY);
    }

    /** The hour of the local clock, 0 to 23. */
    int hourOfDay(long millis) {
        return (int) (Math.floorMod(millis + offset(millis), DAY) / HOUR);
    }

    /**
     * The time at which the hour on the local clock began. A change of offset begins an hour too: where the clock falls
     * back, the hour that it shows a second time is another one.
     */
    long hour(long millis) {
        long local = millis + offset(millis);
        return Math.max(millis - Math.floorMod(local, HOUR), from);
    }

    /** The first time of a local day; not always its midnight, which some zones skip. */
    long dayStart(LocalDate day) {
        return day.atStartOfDay(ZoneId.of(zone)).toInstant().toEpochMilli();
    }

    private long offset(long millis) {
        if (millis < from || millis >= until) {
            load(millis);
        }
        return offset;
    }

    private void load(long millis) {
        if (rules == null) {
            rules = ZoneId.of(zone).getRules();
        }
        Instant instant = Instant.ofEpochMilli(millis);
        // The transition at this very time is the begin of the span, and previousTransition looks strictly before.
        ZoneOffsetTransition before = rules.previousTransition(instant.plusNanos(1));
        ZoneOffsetTransition after = rules.nextTransition(instant);
        offset = Duration.ofSeconds(rules.getOffset(instant).getTotalSeconds()).toMillis();
        from = before == null ? Long.MIN_VALUE : before.getInstant().toEpochMilli();
        until = after == null ? Long.MAX_VALUE : after.getInstant().toEpochMilli();
    }
}
