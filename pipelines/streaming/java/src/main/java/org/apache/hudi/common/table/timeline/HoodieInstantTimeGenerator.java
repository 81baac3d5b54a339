package org.apache.hudi.common.table.timeline;

import java.text.ParseException;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAccessor;
import java.util.Date;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.hudi.common.model.HoodieTimelineTimeZone;

/**
 * Replaces the class of the same name in Hudi 0.14, so that no commit ends in 999.
 *
 * <p>Instants of Hudi before 0.10 had seconds; where one of them is meant, 999 is put in the place of the milliseconds. So a
 * timeline that is asked for an instant that ends in 999 also asks itself for the seconds alone, and says yes when they lie
 * before its first instant ({@code HoodieDefaultTimeline.containsInstant}). Asked of the instants in flight that is nearly
 * always so: who merges logs takes such a commit for unfinished, leaves out what it wrote, and a compaction hides that for
 * good. One commit in a thousand would lose its rows, without a word (docs/decisions/0027).
 *
 * <p>Which class is loaded follows from the order of jars, as for {@link org.apache.hudi.adapter.MaskingOutputAdapter}. Hudi
 * 0.14.1 asks for the seconds only whether it has them (HUDI-7030); with it, delete this class.
 */
public class HoodieInstantTimeGenerator {
    public static final String SECS_INSTANT_TIMESTAMP_FORMAT = "yyyyMMddHHmmss";
    public static final int SECS_INSTANT_ID_LENGTH = SECS_INSTANT_TIMESTAMP_FORMAT.length();
    public static final String MILLIS_INSTANT_TIMESTAMP_FORMAT = "yyyyMMddHHmmssSSS";
    public static final int MILLIS_INSTANT_ID_LENGTH = MILLIS_INSTANT_TIMESTAMP_FORMAT.length();
    public static final int MILLIS_INSTANT_TIMESTAMP_FORMAT_LENGTH = MILLIS_INSTANT_ID_LENGTH;
    public static final String DEFAULT_MILLIS_EXT = "999";

    private static final DateTimeFormatter INSTANT = new DateTimeFormatterBuilder()
            .appendPattern(SECS_INSTANT_TIMESTAMP_FORMAT)
            .appendValue(ChronoField.MILLI_OF_SECOND, 3)
            .toFormatter();
    private static final DateTimeFormatter TEXT = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS");
    private static final AtomicReference<String> LAST = new AtomicReference<>("");
    private static volatile HoodieTimelineTimeZone zone = HoodieTimelineTimeZone.LOCAL;

    /**
     * A new instant, later than any before of this process.
     *
     * @param milliseconds Added to the clock.
     */
    public static String createNewInstantTime(long milliseconds) {
        return LAST.updateAndGet(before -> {
            String instant;
            do {
                instant = INSTANT.format(now().plus(milliseconds, ChronoUnit.MILLIS));
            } while (instant.compareTo(before) <= 0 || instant.endsWith(DEFAULT_MILLIS_EXT));
            return instant;
        });
    }

    /** The time of an instant in milliseconds, or in seconds as it once was, or with digits of something else behind. */
    public static Date parseDateFromInstantTime(String instant) throws ParseException {
        String whole = instant.length() == SECS_INSTANT_ID_LENGTH ? instant + DEFAULT_MILLIS_EXT : instant;
        try {
            String known = whole.substring(0, Math.min(whole.length(), MILLIS_INSTANT_ID_LENGTH));
            return Date.from(LocalDateTime.parse(known, INSTANT).atZone(ZoneId.systemDefault()).toInstant());
        } catch (DateTimeParseException e) {
            throw new ParseException(e.getMessage(), e.getErrorIndex());
        }
    }

    public static String formatDate(Date time) {
        return INSTANT.format(LocalDateTime.ofInstant(time.toInstant(), ZoneId.systemDefault()));
    }

    public static String getInstantFromTemporalAccessor(TemporalAccessor time) {
        return INSTANT.format(time);
    }

    /** The instant of a time such as 2026-11-20 10:30:00, with or without milliseconds. */
    public static String getInstantForDateString(String time) {
        try {
            return INSTANT.format(LocalDateTime.parse(time, TEXT));
        } catch (DateTimeParseException e) {
            return INSTANT.format(LocalDateTime.parse(time + "." + DEFAULT_MILLIS_EXT, TEXT));
        }
    }

    public static void setCommitTimeZone(HoodieTimelineTimeZone commitTimeZone) {
        zone = commitTimeZone;
    }

    public static boolean isValidInstantTime(String instant) {
        try {
            Long.parseLong(instant);
            return true;
        } catch (NumberFormatException e) {
            return false;
        }
    }

    private static LocalDateTime now() {
        return zone == HoodieTimelineTimeZone.UTC ? LocalDateTime.now(ZoneOffset.UTC) : LocalDateTime.now();
    }
}
