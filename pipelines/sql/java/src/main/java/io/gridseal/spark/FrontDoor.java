package io.gridseal.spark;

import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.SparkSessionExtensions;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/** What every session but the server's own is: one of an analyst. {@code spark.sql.extensions} names it. */
public final class FrontDoor extends AbstractFunction1<SparkSessionExtensions, BoxedUnit> {

    private static final BlockingQueue<Statement> STATEMENTS = new LinkedBlockingQueue<>();

    private static volatile SparkSession own;

    /**
     * Listens for clients of jdbc:hive2.
     *
     * @param session of the server, which registers tables and may do what it likes
     * @param user the one who may connect
     * @param password of the user
     */
    public static void open(SparkSession session, String user, String password) {
        own = session;
        Password.set(user, password);
        Server.start(session);
    }

    /** The next statement that waits for its tables; whoever takes it answers it. */
    public static Statement next() throws InterruptedException {
        return STATEMENTS.take();
    }

    static void makeKnown(String sql) {
        Statement statement = new Statement(sql);
        STATEMENTS.add(statement);
        statement.await();
    }

    static boolean isOwn(SparkSession session) {
        return own == null || session == own;
    }

    @Override
    public BoxedUnit apply(SparkSessionExtensions extensions) {
        extensions.injectCheckRule(ReadOnly::new);
        extensions.injectParser(StatementParser::new);
        return BoxedUnit.UNIT;
    }
}
