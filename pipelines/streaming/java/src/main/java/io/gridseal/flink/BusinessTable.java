package io.gridseal.flink;

import java.io.Serializable;
import java.util.List;

import static io.gridseal.flink.SpecReader.require;
import static io.gridseal.flink.SpecReader.requireText;

/**
 * A table whose changes are read, and what the lake needs of it.
 *
 * @param name without the database's
 * @param contract table of the lake that the changes become rows of
 * @param columns those that it holds; the database's table may have more
 */
record BusinessTable(String name, String contract, List<BusinessColumn> columns) implements Serializable {

    BusinessTable {
        requireText(name, "name of a table");
        requireText(contract, name + ": contract");
        require(columns != null && !columns.isEmpty(), "%s: columns is empty; name at least one column", name);
    }
}
