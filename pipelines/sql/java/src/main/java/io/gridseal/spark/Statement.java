package io.gridseal.spark;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A statement that cannot be parsed before the tables which it names are known. */
public final class Statement {

    private static final long PATIENCE_S = 60;

    private final String sql;
    private final CompletableFuture<String> problem = new CompletableFuture<>();

    Statement(String sql) {
        this.sql = sql;
    }

    /** Its text. */
    public String sql() {
        return sql;
    }

    /**
     * Lets it go on.
     *
     * @param found what is wrong with one of its tables; empty if all are there
     */
    public void answer(String found) {
        problem.complete(found);
    }

    void await() {
        String found;
        try {
            found = problem.get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
            found = "cancelled while its tables were looked up";
        } catch (ExecutionException | TimeoutException error) {
            found = "its tables were not found in " + PATIENCE_S + " s; next: gridseal status";
        }
        if (!found.isEmpty()) {
            throw new IllegalArgumentException(found);
        }
    }
}
