package io.gridseal.flink;

import com.github.shyiko.mysql.binlog.BinaryLogClient;
import org.apache.flink.cdc.connectors.mysql.debezium.reader.BinlogSplitReader;
import org.apache.flink.cdc.connectors.mysql.debezium.task.context.StatefulTaskContext;
import org.apache.flink.cdc.connectors.mysql.source.config.MySqlSourceConfig;
import org.apache.flink.cdc.connectors.mysql.source.offset.BinlogOffset;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSourceReaderContext;
import org.apache.flink.cdc.connectors.mysql.source.reader.MySqlSplitReader;
import org.apache.flink.cdc.connectors.mysql.source.split.MySqlSplit;
import org.apache.flink.cdc.connectors.mysql.source.split.SourceRecords;
import org.apache.flink.cdc.connectors.mysql.source.utils.hooks.SnapshotPhaseHooks;
import org.apache.flink.connector.base.source.reader.RecordsWithSplitIds;
import org.apache.flink.connector.base.source.reader.splitreader.SplitsChange;
import org.apache.flink.util.ExceptionUtils;

import java.io.IOException;
import java.lang.reflect.Field;
import java.time.Duration;
import java.util.regex.Pattern;

/**
 * Ends the job when the connection to the binlog is lost, so that Flink goes on from the last checkpoint, and tells what is
 * gone when the binlog was purged.
 *
 * <p>The binlog client would by itself connect again where it stands. In the middle of a statement of many rows this loses
 * the rest of the statement without an error: the server sends on without the event that names the table, and Debezium
 * passes over rows of a table that it does not know. It also takes a client that waits for a slow job for one that lost its
 * connection: with the default settings, 60 s of back-pressure are enough. {@link GridsealSources} therefore turns that off
 * (connect.keep.alive), and without it a connection that the server closed is noticed by nobody but this class.
 */
final class WatchedSplitReader extends MySqlSplitReader {
    /** A reader that pauses or ends closes its connection shortly before it says so. */
    private static final Duration GRACE = Duration.ofSeconds(5);
    // Flink CDC gives no access to its client. A version that has other fields is refused when the job starts.
    private static final Field BINLOG_READER = field(MySqlSplitReader.class, "reusedBinlogReader");
    private static final Field CONTEXT = field(BinlogSplitReader.class, "statefulTaskContext");

    /** What Flink CDC says when it compares its place with the server's files, and the server when it is asked for one. */
    private static final Pattern PURGED = Pattern.compile(
            "no longer available on the server|[Cc]ould not find first log file name|impossible position");

    private final String server;
    private BinlogOffset begin;
    private BinaryLogClient connected;
    private long lostNanos;

    WatchedSplitReader(MySqlSourceConfig config, int subtask, MySqlSourceReaderContext context) {
        super(config, subtask, context, SnapshotPhaseHooks.empty());
        server = config.getHostname() + ":" + config.getPort();
    }

    @Override
    public RecordsWithSplitIds<SourceRecords> fetch() throws IOException {
        RecordsWithSplitIds<SourceRecords> records = fetchOrTell();
        BinaryLogClient client = client();
        if (client == null || client.isConnected()) {
            connected = client;
            lostNanos = 0;
        } else if (client == connected) {
            long now = System.nanoTime();
            lostNanos = lostNanos == 0 ? now : lostNanos;
            if (now - lostNanos > GRACE.toNanos()) {
                throw new IOException(String.format("The connection to the binlog of %s was lost %d s ago. The job goes on from "
                        + "its last checkpoint; if this comes again and again, look at the database's log.", server, GRACE.toSeconds()));
            }
        }
        return records;
    }

    @Override
    public void handleSplitsChanges(SplitsChange<MySqlSplit> changes) {
        changes.splits().stream().filter(MySqlSplit::isBinlogSplit).map(MySqlSplit::asBinlogSplit)
                .forEach(split -> begin = split.getStartingOffset());
        super.handleSplitsChanges(changes);
    }

    private RecordsWithSplitIds<SourceRecords> fetchOrTell() throws IOException {
        try {
            return super.fetch();
        } catch (IOException | RuntimeException e) {
            boolean purged = ExceptionUtils.findThrowable(e, cause -> PURGED.matcher(String.valueOf(cause.getMessage())).find()).isPresent();
            if (!purged) {
                throw e;
            }
            throw new SourceFailure("The database at %s no longer has its changes from %s, position %d, on: they were purged before they "
                    + "were read; gridseal pipeline restart --from-scratch takes a new snapshot and makes every table anew",
                    server, begin == null ? "an unknown file" : begin.getFilename(), begin == null ? 0 : begin.getPosition()).later();
        }
    }

    /** The client of a binlog reader at work, else null. */
    private BinaryLogClient client() {
        try {
            BinlogSplitReader reader = (BinlogSplitReader) BINLOG_READER.get(this);
            return reader == null || reader.isFinished() ? null : ((StatefulTaskContext) CONTEXT.get(reader)).getBinaryLogClient();
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Field field(Class<?> owner, String name) {
        try {
            Field field = owner.getDeclaredField(name);
            field.setAccessible(true);
            return field;
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(String.format("%s has no field %s: %s was written for Flink CDC 3.5.0 and must be "
                    + "written anew for this version", owner.getName(), name, WatchedSplitReader.class.getName()), e);
        }
    }
}
