package io.gridseal.flink;

import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Whether a change holds every column that its contract needs, with a value that the contract's type holds.
 *
 * <p>Columns that no contract names are passed over. A change that was made while a column was missing is read once the
 * column is back, with NULL for it: no change could give it a value in between, and what is written into it afterwards comes as
 * changes of their own.
 */
final class ContractCheck implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String database;
    private final Map<String, BusinessTable> tables;
    private final DatabaseColumns columns;
    /** Of each table the columns of the last change, found good; an ALTER TABLE makes another schema. */
    private transient Map<String, Schema> judged;

    ContractCheck(String database, List<BusinessTable> tables, DatabaseColumns columns) {
        this.database = database;
        this.tables = tables.stream().collect(Collectors.toMap(BusinessTable::name, Function.identity()));
        this.columns = columns;
    }

    /**
     * Looks at the row of a change.
     *
     * @param name table of the change
     * @param where its place, for people
     * @param image values by column, as {@link ChangeValue} writes them
     * @throws SourceFailure if the contract cannot be kept
     */
    void check(String name, String where, Schema schema, Map<String, String> image) {
        BusinessTable table = tables.get(name);
        if (table == null) {
            return;
        }
        judged = judged == null ? new HashMap<>() : judged;
        if (judged.get(name) != schema) {
            checkColumns(table, where, schema);
            judged.put(name, schema);
        }
        for (BusinessColumn column : table.columns()) {
            String text = image.get(column.field());
            if (schema.field(column.field()) != null && !column.holds(text)) {
                throw new SourceFailure("%s.%s: %s is %s in a change %s, and %s declares it as %s; widen it in that contract, then "
                        + "gridseal pipeline restart --from-scratch", database, name, column.field(),
                        text == null ? "NULL" : Refusal.shown(text), where, table.contract(), column.type());
            }
        }
    }

    private void checkColumns(BusinessTable table, String where, Schema schema) {
        List<BusinessColumn> missing = new ArrayList<>(table.columns());
        missing.removeIf(column -> schema.field(column.field()) != null);
        if (missing.isEmpty()) {
            return;
        }
        Set<String> now = columns.of(table.name());
        List<String> gone = missing.stream().map(BusinessColumn::field)
                .filter(field -> !now.contains(field.toLowerCase(Locale.ROOT))).collect(Collectors.toList());
        if (!gone.isEmpty()) {
            throw new SourceFailure("%s.%s has no column %s any more, which %s needs; put it back (ALTER TABLE), and the job goes on "
                    + "by itself from the change %s", database, table.name(), String.join(", ", gone), table.contract(), where);
        }
        List<String> keys = missing.stream().filter(BusinessColumn::required).map(BusinessColumn::field)
                .collect(Collectors.toList());
        if (!keys.isEmpty()) {
            throw new SourceFailure("%s.%s: the change %s was made without the key %s of %s, so nobody knows whose it is; gridseal "
                    + "pipeline restart --from-scratch reads the table as it is now",
                    database, table.name(), where, String.join(", ", keys), table.contract());
        }
    }
}
