package org.apache.hudi.common.table.timeline;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.text.ParseException;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class HoodieInstantTimeGeneratorTest {
    private static final String DELTA_COMMIT = HoodieTimeline.DELTA_COMMIT_ACTION;

    /** What Hudi 0.14 does; once this fails, the class that is tested here is needed no more. */
    @Test
    void aTimelineTakesACommitThatEndsIn999ForUnfinished() {
        HoodieTimeline inFlight = new HoodieDefaultTimeline(
                Stream.of(new HoodieInstant(HoodieInstant.State.INFLIGHT, DELTA_COMMIT, "20261127041153813")), i -> null);
        assertFalse(inFlight.containsInstant("20261127040031998"));
        assertTrue(inFlight.containsInstant("20261127040031999"));
    }

    @Test
    void noInstantEndsIn999AndEachIsLater() throws ParseException {
        Set<String> seconds = new HashSet<>();
        String before = "";
        // Every millisecond of more than a second.
        while (seconds.size() < 3) {
            String instant = HoodieActiveTimeline.createNewInstantTime();
            assertTrue(instant.compareTo(before) > 0, before + ", then " + instant);
            assertFalse(instant.endsWith("999"), instant);
            seconds.add(instant.substring(0, 14));
            before = instant;
        }
        var now = HoodieInstantTimeGenerator.parseDateFromInstantTime(before);
        var ahead = HoodieInstantTimeGenerator.parseDateFromInstantTime(HoodieActiveTimeline.createNewInstantTime(2_000));
        assertTrue(ahead.getTime() - now.getTime() >= 2_000, now + ", then " + ahead);
    }

    @Test
    void instantsAreReadAsHudiReadsThem() throws ParseException {
        assertEquals(17, HoodieInstantTimeGenerator.MILLIS_INSTANT_TIMESTAMP_FORMAT_LENGTH);
        for (String instant : new String[] {"20261127040031000", "20240229235959123"}) {
            var time = HoodieInstantTimeGenerator.parseDateFromInstantTime(instant);
            assertEquals(instant, HoodieInstantTimeGenerator.formatDate(time));
            assertEquals(time, HoodieInstantTimeGenerator.parseDateFromInstantTime(instant + "001"));
        }
        var ofSeconds = HoodieInstantTimeGenerator.parseDateFromInstantTime("20261127040031");
        assertEquals("20261127040031999", HoodieInstantTimeGenerator.formatDate(ofSeconds));
        assertThrows(ParseException.class, () -> HoodieInstantTimeGenerator.parseDateFromInstantTime("000"));
        assertEquals("20261127040031007", HoodieInstantTimeGenerator.getInstantForDateString("2026-11-27 04:00:31.007"));
        assertEquals("20261127040031999", HoodieInstantTimeGenerator.getInstantForDateString("2026-11-27 04:00:31"));
        assertTrue(HoodieInstantTimeGenerator.isValidInstantTime("20261127040031007"));
        assertFalse(HoodieInstantTimeGenerator.isValidInstantTime("latest"));
    }
}
