package io.gridseal.flink;

import java.util.Arrays;

/**
 * A multiset of the readings of one meter and day, which forgets a reading as exactly as it takes one.
 *
 * <p>A reading is one long, its time above its power, so that a sorted array is in the order of time. Accumulator of
 * {@link MeterDayProfile}: read and written whole, which for the 1,440 readings of a day (12 kB) is some hundred times
 * cheaper than an entry of state each, because every result looks at all of them.
 */
public final class Readings {
    /** DECIMAL(10,3) in W is within 10^10 of zero, less than 2^34. */
    private static final int POWER_BITS = 35;
    private static final long POWER_ZERO = 1L << 34;
    private static final long POWER_MASK = (1L << POWER_BITS) - 1;
    /** Three days and more; a day has at most 25 hours. */
    static final long MAX_MILLIS = 1L << 28;

    private static final long[] NONE = new long[0];

    /** Sorted. */
    public long[] present = NONE;
    /** Sorted: taken back before they came, as happens when partial results are merged. */
    public long[] owed = NONE;

    static long reading(long millis, long watts) {
        return millis << POWER_BITS | watts + POWER_ZERO;
    }

    static long millis(long reading) {
        return reading >> POWER_BITS;
    }

    static long watts(long reading) {
        return (reading & POWER_MASK) - POWER_ZERO;
    }

    void add(long reading) {
        int debt = Arrays.binarySearch(owed, reading);
        if (debt >= 0) {
            owed = without(owed, debt);
        } else {
            present = with(present, reading);
        }
    }

    void remove(long reading) {
        int at = Arrays.binarySearch(present, reading);
        if (at >= 0) {
            present = without(present, at);
        } else {
            owed = with(owed, reading);
        }
    }

    void merge(Readings other) {
        if (present.length == 0 && owed.length == 0) {
            present = other.present;
            owed = other.owed;
            return;
        }
        long[] here = union(present, other.present);
        long[] gone = union(owed, other.owed);
        present = difference(here, gone);
        owed = difference(gone, here);
    }

    private static long[] with(long[] sorted, long value) {
        int found = Arrays.binarySearch(sorted, value);
        int at = found < 0 ? -found - 1 : found;
        long[] result = new long[sorted.length + 1];
        System.arraycopy(sorted, 0, result, 0, at);
        result[at] = value;
        System.arraycopy(sorted, at, result, at + 1, sorted.length - at);
        return result;
    }

    private static long[] without(long[] sorted, int at) {
        if (sorted.length == 1) {
            return NONE;
        }
        long[] result = new long[sorted.length - 1];
        System.arraycopy(sorted, 0, result, 0, at);
        System.arraycopy(sorted, at + 1, result, at, result.length - at);
        return result;
    }

    private static long[] union(long[] a, long[] b) {
        if (a.length == 0 || b.length == 0) {
            return a.length == 0 ? b : a;
        }
        long[] result = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, result, a.length, b.length);
        Arrays.sort(result);
        return result;
    }

    /** The elements of a, each as often as it is in a more than in b. */
    private static long[] difference(long[] a, long[] b) {
        if (a.length == 0 || b.length == 0) {
            return a;
        }
        long[] result = new long[a.length];
        int size = 0;
        int j = 0;
        for (long value : a) {
            while (j < b.length && b[j] < value) {
                j++;
            }
            if (j < b.length && b[j] == value) {
                j++;
            } else {
                result[size++] = value;
            }
        }
        return Arrays.copyOf(result, size);
    }
}
