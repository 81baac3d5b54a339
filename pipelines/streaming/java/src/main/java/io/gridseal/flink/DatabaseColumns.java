package io.gridseal.flink;

import java.io.Serializable;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** The columns that tables have now, asked of the database; what a change had may be of yesterday. */
interface DatabaseColumns extends Serializable {
    /** Names in lower case; none if there is no such table. */
    Set<String> of(String table);

    /** Asks the database that the changes come from. */
    static DatabaseColumns at(MySqlSpec spec) {
        return table -> {
            String url = String.format("jdbc:mysql://%s:%d/?sslMode=%s&connectTimeout=10000&socketTimeout=10000",
                    spec.hostname(), spec.port(), spec.sslMode());
            try (Connection connection = DriverManager.getConnection(url, spec.username(), spec.password());
                    PreparedStatement query = connection.prepareStatement(
                            "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?")) {
                query.setString(1, spec.database());
                query.setString(2, table);
                Set<String> names = new HashSet<>();
                try (ResultSet rows = query.executeQuery()) {
                    while (rows.next()) {
                        names.add(rows.getString(1).toLowerCase(Locale.ROOT));
                    }
                }
                return names;
            } catch (SQLException e) {
                throw new IllegalStateException("The database did not tell the columns of " + table, e);
            }
        };
    }
}
