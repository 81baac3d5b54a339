package io.gridseal.spark;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.hive.conf.HiveConf;
import org.apache.hadoop.hive.conf.HiveConf.ConfVars;
import org.apache.hadoop.hive.ql.security.authorization.plugin.fallback.FallbackHiveAuthorizerFactory;
import org.apache.hive.service.server.HiveServer2;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.hive.thriftserver.HiveThriftServer2;
import org.apache.spark.sql.hive.thriftserver.SparkSQLCLIService;
import org.apache.spark.sql.hive.thriftserver.ui.HiveThriftServer2EventManager;

/** The parts of Spark's Thrift server, with {@link Connections} where its clients come in. */
final class Server {

    private Server() {}

    static void start(SparkSession session) {
        HiveConf conf = new HiveConf(session.sessionState().newHadoopConf(), Server.class);
        // There is no metastore, and by default it would make one, for its rules and at the end of each session.
        conf.setVar(ConfVars.METASTOREURIS, "thrift://none");
        conf.setVar(ConfVars.HIVE_AUTHORIZATION_MANAGER, FallbackHiveAuthorizerFactory.class.getName());
        conf.setBoolean("hive.internal.ss.authz.settings.applied.marker", true);
        try {
            // It makes one, of which it makes no use here, on HDFS by default.
            Path unused = Files.createTempDirectory("gridseal-sql");
            unused.toFile().deleteOnExit();
            conf.setVar(ConfVars.SCRATCHDIR, unused.toUri().toString());
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        // Operations tell it of themselves.
        HiveThriftServer2.eventManager_$eq(new HiveThriftServer2EventManager(session.sparkContext()));
        SparkSQLCLIService sessions = new SparkSQLCLIService(new HiveServer2(), session.sqlContext());
        Connections connections = new Connections(sessions);
        sessions.init(conf);
        connections.init(conf);
        sessions.start();
        connections.start();
    }
}
