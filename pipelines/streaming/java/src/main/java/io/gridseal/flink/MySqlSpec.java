package io.gridseal.flink;

import org.apache.flink.cdc.connectors.mysql.table.StartupOptions;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;

import static io.gridseal.flink.SpecReader.require;
import static io.gridseal.flink.SpecReader.requireText;

/**
 * What {@link GridsealSources#mysqlChanges} reads.
 *
 * @param uid name and identity of the source in checkpoints
 * @param tables those whose changes are read
 * @param serverId range of replica ids such as 5400-5407, at least as many as the source's parallelism
 * @param tls whether the database must prove by a certificate that it is the one of this name; absent: nothing is encrypted
 * @param startup initial: the tables as they are, then their changes; earliest: all changes that the binlog still holds
 */
record MySqlSpec(String uid, String hostname, int port, String username, String password, String database,
                 List<BusinessTable> tables, String serverId, String startup, boolean tls) implements Serializable {

    MySqlSpec {
        requireText(uid, "uid");
        requireText(hostname, "hostname");
        require(port > 0 && port < 65_536, "port is %d; allowed: 1 to 65535", port);
        requireText(username, "username");
        require(password != null, "password is missing");
        requireText(database, "database");
        require(tables != null && !tables.isEmpty(), "tables is empty; name at least one table");
        requireText(serverId, "serverId");
        startup = startup == null ? "initial" : startup;
        require(startup.equals("initial") || startup.equals("earliest"), "startup is %s; allowed: initial, earliest", startup);
    }

    static MySqlSpec read(String json) {
        return SpecReader.read(json, MySqlSpec.class, "specification of a MySQL source");
    }

    StartupOptions startupOptions() {
        return startup.equals("initial") ? StartupOptions.initial() : StartupOptions.earliest();
    }

    /** What Connector/J calls it; whom it believes is what the JVM believes. */
    String sslMode() {
        return tls ? "VERIFY_IDENTITY" : "DISABLED";
    }

    /** Without the password, which a record would show. */
    @Override
    public String toString() {
        return String.format("MySqlSpec[%s %s@%s:%d/%s %s]", uid, username, hostname, port, database,
                tables.stream().map(BusinessTable::name).collect(Collectors.toList()));
    }
}
