package io.gridseal.flink;

/**
 * A source cannot go on until somebody decides or mends something: what is missing, and the command to go on.
 *
 * <p>Flink tries again and again all the same, so that what was mended is noticed. {@code gridseal pipeline status} and
 * {@code start} tell such a failure by the name of this class, and it has no cause, which they would show instead.
 */
final class SourceFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final long HEARD_MS = 3_000;

    SourceFailure(String format, Object... values) {
        super(String.format(java.util.Locale.ROOT, format, values));
    }

    /**
     * This failure, after a moment.
     *
     * <p>A task that fails as it starts is gone before the last event of its coordinator comes. Flink then tells of the event that
     * was lost, each time it tries, and never why the task failed.
     */
    SourceFailure later() {
        try {
            Thread.sleep(HEARD_MS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return this;
    }
}
