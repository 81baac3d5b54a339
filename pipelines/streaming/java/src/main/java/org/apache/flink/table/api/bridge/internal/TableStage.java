package org.apache.flink.table.api.bridge.internal;

import io.gridseal.flink.Facts;
import io.gridseal.flink.NetChanges;

import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.dag.Transformation;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.transformations.PartitionTransformation;
import org.apache.flink.streaming.api.transformations.PhysicalTransformation;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.api.Schema;
import org.apache.flink.table.api.Table;
import org.apache.flink.table.api.bridge.java.StreamTableEnvironment;
import org.apache.flink.table.catalog.Column;
import org.apache.flink.table.catalog.SchemaTranslator;
import org.apache.flink.table.connector.ChangelogMode;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.VarCharType;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Makes a table a stage of its own: the planner translates its query once, and whatever reads the table starts from
 * the resulting changelog.
 *
 * <p>Without stages the planner expands every view into each of its readers and compares the copies afterwards, at a cost
 * that grows with the square of their size (minutes for thirty tables), and whether two readers then share one join is
 * its choice. It stands in Flink's package because toStreamInternal and fromStreamInternal, which pass RowData through
 * without converting each row to a Row and back, are protected there.
 */
public final class TableStage {
    /** Option of the table environment: number of the generation of the job's state. */
    private static final String GENERATION = "gridseal.generation";

    private static final String PAST = "-past";

    private TableStage() {}

    /**
     * Registers a temporary view that reads the changelog of a query.
     *
     * @param query the table's rows; its columns' names and types become those of the view
     * @param view name of the view, such as dws.region_hour
     * @param key columns of the primary key, which are never null and unique at every moment
     * @param appendOnly whether rows are only ever inserted
     * @param net whether to hold changes until the next checkpoint and pass on the net of them
     * @param parallelism parallelism of the operators of this stage, as far as the planner has set none
     */
    public static void register(
            StreamTableEnvironment tables,
            Table query,
            String view,
            String[] key,
            boolean appendOnly,
            boolean net,
            int parallelism) {
        AbstractStreamTableEnvironmentImpl environment = (AbstractStreamTableEnvironmentImpl) tables;
        Changelog changes = Changelog.of(environment, query, key, appendOnly);
        if (net) {
            changes = changes.with(NetChanges.of(changes.stream(), changes.type(), key));
        }
        own(environment, changes.stream(), view, parallelism);
        tables.createTemporaryView(view, changes.table(environment));
    }

    /**
     * Registers a temporary view of the rows that come from now on and of those that came before the job began.
     *
     * @param live the view of the rows that come
     * @param past a bounded table of the rows that came
     * @param view name of the new view
     * @param key columns of the primary key
     * @param parallelism parallelism of what reads the past, as far as the planner has set none
     * @return how many tasks read the past, the ends of which the horizon waits for
     */
    public static int registerWithPast(
            StreamTableEnvironment tables, String live, String past, String view, String[] key, int parallelism) {
        AbstractStreamTableEnvironmentImpl environment = (AbstractStreamTableEnvironmentImpl) tables;
        Changelog coming = Changelog.of(environment, tables.from(live), key, true);
        Changelog came = Changelog.of(environment, tables.from(past), key, true);
        DataStream<RowData> rows = Facts.past(came.stream(), view);
        own(environment, rows, view + PAST, parallelism);
        tables.createTemporaryView(view, coming.with(coming.stream().union(rows)).table(environment));
        return rows.getParallelism();
    }

    /**
     * Registers a temporary view of a table's changes without those of frozen days.
     *
     * @param view the view of all changes
     * @param open name of the new view
     * @param key columns of the primary key
     * @param day column of the day, yyyy-MM-dd
     */
    public static void registerOpenDays(
            StreamTableEnvironment tables, String view, String open, String[] key, String day) {
        AbstractStreamTableEnvironmentImpl environment = (AbstractStreamTableEnvironmentImpl) tables;
        Changelog changes = Changelog.of(environment, tables.from(view), key, false);
        changes = changes.with(Facts.openDays(changes.stream(), changes.type(), day));
        own(environment, changes.stream(), open, ExecutionConfig.PARALLELISM_DEFAULT);
        tables.createTemporaryView(open, changes.table(environment));
    }

    /**
     * Registers a temporary view of the changes whose days were frozen when they came: arrival_id, table_name, from_dt, to_dt.
     *
     * @param changes append-only rows: key, table, day
     * @param view name of the view
     * @param firstOpen the first open day of a job that begins without a state, empty if nothing is frozen
     */
    public static void registerLateChanges(
            StreamTableEnvironment tables, Table changes, String view, String firstOpen) {
        AbstractStreamTableEnvironmentImpl environment = (AbstractStreamTableEnvironmentImpl) tables;
        Changelog all = Changelog.of(environment, changes, new String[0], true);
        RowType type = RowType.of(
                Collections.nCopies(4, new VarCharType(false, VarCharType.MAX_LENGTH)).toArray(LogicalType[]::new),
                new String[] {"arrival_id", "table_name", "from_dt", "to_dt"});
        DataStream<RowData> late = Facts.lateChanges(all.stream(), type, firstOpen);
        own(environment, late, view, 1);
        tables.createTemporaryView(
                view, Changelog.of(late, type, new String[0], ChangelogMode.insertOnly()).table(environment));
    }

    /**
     * Registers a temporary view of facts with the version in force at their own time, and one of the facts that came too
     * late for that.
     *
     * @param facts append-only rows, TIMESTAMP(3) time and yyyy-MM-dd day among them
     * @param versions rows with the columns of the key and validFrom, TIMESTAMP(3)
     * @param view name of the view: columns of the facts, then those of the versions without key and validFrom
     * @param late name of the view of facts of frozen days
     * @param spec who is joined how, as {@link Facts.Spec} explains
     * @param parallelism parallelism of the join
     */
    public static void registerAsOf(
            StreamTableEnvironment tables,
            Table facts,
            Table versions,
            String view,
            String late,
            Facts.Spec spec,
            int parallelism) {
        AbstractStreamTableEnvironmentImpl environment = (AbstractStreamTableEnvironmentImpl) tables;
        String[] factKey = spec.factKey();
        Changelog left = Changelog.of(environment, facts, factKey, true);
        Changelog right = Changelog.of(environment, versions, spec.versionKey(), false);
        Facts joined = Facts.asOf(left.stream(), left.type(), right.stream(), right.type(), spec);
        own(environment, joined.stream(), view, parallelism);
        Changelog changes = Changelog.of(joined.stream(), joined.type(), factKey, ChangelogMode.all());
        // The columns of key and time are there once, as those of the fact.
        Table all = changes.table(environment);
        tables.createTemporaryView(view, all.dropColumns(joined.twice()));
        tables.createTemporaryView(late, left.with(joined.late()).table(environment));
    }

    /** A stream of changes and the schema of the view that reads them. */
    private record Changelog(DataStream<RowData> stream, RowType type, Schema schema, ChangelogMode mode) {
        static Changelog of(
                AbstractStreamTableEnvironmentImpl environment, Table query, String[] key, boolean appendOnly) {
            ChangelogMode mode = appendOnly ? ChangelogMode.insertOnly() : ChangelogMode.all();
            List<DataTypes.Field> fields = new ArrayList<>();
            for (Column column : query.getResolvedSchema().getColumns()) {
                boolean inKey = Arrays.asList(key).contains(column.getName());
                DataType type = inKey ? column.getDataType().notNull() : column.getDataType().nullable();
                fields.add(DataTypes.FIELD(column.getName(), type));
            }
            DataType row = DataTypes.ROW(fields.toArray(new DataTypes.Field[0])).notNull().bridgedTo(RowData.class);
            SchemaTranslator.ProducingResult target = SchemaTranslator.createProducingResult(
                    environment.getCatalogManager().getDataTypeFactory(), query.getResolvedSchema(), row);
            DataStream<RowData> stream = environment.toStreamInternal(query, target, mode);
            return of(stream, (RowType) row.getLogicalType(), key, mode);
        }

        static Changelog of(DataStream<RowData> stream, RowType type, String[] key, ChangelogMode mode) {
            Schema.Builder schema = Schema.newBuilder();
            for (RowType.RowField field : type.getFields()) {
                schema.column(field.getName(), DataTypes.of(field.getType()));
            }
            if (key.length > 0) {
                schema.primaryKey(key);
            }
            return new Changelog(stream, type, schema.build(), mode);
        }

        Changelog with(DataStream<RowData> other) {
            return new Changelog(other, type, schema, mode);
        }

        Table table(AbstractStreamTableEnvironmentImpl environment) {
            return environment.fromStreamInternal(stream, schema, null, mode);
        }
    }

    /**
     * Gives the operators of a stage their parallelism and a uid that names the stage.
     *
     * <p>Only behind an exchange may the parallelism differ from that of the input: without one, rows would be dealt out
     * in turn, and an update could overtake the row that it updates. The planner's own option applies to the whole job.
     *
     * <p>The uid makes the state of a stage independent of which other tables there are. It names the generation of the
     * job's state, too: what begins anew finds nothing of the generation before.
     */
    private static void own(
            AbstractStreamTableEnvironmentImpl environment, DataStream<RowData> stream, String view, int parallelism) {
        String generation = environment.getConfig().getConfiguration().getString(GENERATION, "0");
        own(stream.getTransformation(), view + "-" + generation, parallelism, new HashSet<>(), new AtomicInteger());
    }

    private static void own(
            Transformation<?> step, String stage, int parallelism, Set<Integer> done, AtomicInteger named) {
        if (!done.add(step.getId())) {
            return;
        }
        List<Transformation<?>> inputs = step.getInputs();
        for (Transformation<?> input : inputs) {
            own(input, stage, parallelism, done, named);
        }
        if (!(step instanceof PhysicalTransformation) || step.getUid() != null) {
            return;
        }
        step.setUid(stage + "-" + named.incrementAndGet());
        if (!step.isParallelismConfigured()) {
            boolean exchanged = inputs.stream().allMatch(PartitionTransformation.class::isInstance);
            step.setParallelism(exchanged ? parallelism : inputs.get(0).getParallelism());
        }
    }
}
