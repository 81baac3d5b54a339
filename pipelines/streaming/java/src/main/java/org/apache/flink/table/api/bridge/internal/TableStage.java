package org.apache.flink.table.api.bridge.internal;

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
import org.apache.flink.table.types.logical.RowType;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

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
        ChangelogMode mode = appendOnly ? ChangelogMode.insertOnly() : ChangelogMode.all();
        Set<String> keyColumns = Set.of(key);
        List<DataTypes.Field> fields = new ArrayList<>();
        Schema.Builder schema = Schema.newBuilder();
        for (Column column : query.getResolvedSchema().getColumns()) {
            DataType type = keyColumns.contains(column.getName())
                    ? column.getDataType().notNull()
                    : column.getDataType().nullable();
            fields.add(DataTypes.FIELD(column.getName(), type));
            schema.column(column.getName(), type);
        }
        schema.primaryKey(key);
        DataType row = DataTypes.ROW(fields.toArray(new DataTypes.Field[0])).notNull().bridgedTo(RowData.class);
        SchemaTranslator.ProducingResult target = SchemaTranslator.createProducingResult(
                environment.getCatalogManager().getDataTypeFactory(), query.getResolvedSchema(), row);
        DataStream<RowData> changelog = environment.toStreamInternal(query, target, mode);
        if (net) {
            changelog = NetChanges.of(changelog, (RowType) row.getLogicalType(), key);
        }
        own(changelog.getTransformation(), view, parallelism, new HashSet<>());
        tables.createTemporaryView(view, environment.fromStreamInternal(changelog, schema.build(), null, mode));
    }

    /**
     * Gives the operators of a stage their parallelism and a uid that names the stage.
     *
     * <p>Only behind an exchange may the parallelism differ from that of the input: without one, rows would be dealt out
     * in turn, and an update could overtake the row that it updates. The planner's own option applies to the whole job.
     *
     * <p>The uid makes the state of a stage independent of which other tables there are.
     */
    private static void own(Transformation<?> step, String view, int parallelism, Set<Integer> done) {
        if (!done.add(step.getId())) {
            return;
        }
        int number = done.size();
        for (Transformation<?> input : step.getInputs()) {
            own(input, view, parallelism, done);
        }
        if (step instanceof PhysicalTransformation && step.getParallelism() == ExecutionConfig.PARALLELISM_DEFAULT) {
            boolean exchanged = step.getInputs().stream().anyMatch(PartitionTransformation.class::isInstance);
            step.setParallelism(exchanged ? parallelism : step.getInputs().get(0).getParallelism());
            if (step.getUid() == null) {
                step.setUid(view + "-" + number);
            }
        }
    }
}
