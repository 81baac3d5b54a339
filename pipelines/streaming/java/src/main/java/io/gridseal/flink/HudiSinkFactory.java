package io.gridseal.flink;

import java.util.Set;
import org.apache.flink.configuration.ConfigOption;
import org.apache.flink.table.connector.sink.DynamicTableSink;
import org.apache.flink.table.factories.DynamicTableSinkFactory;
import org.apache.flink.table.types.logical.RowType;
import org.apache.hudi.table.HoodieTableFactory;
import org.apache.hudi.table.HoodieTableSink;

/**
 * The connector {@code gridseal-hudi}: tables of Hudi, declared and checked as by its own connector {@code hudi}, whose
 * records are made where they are written.
 */
public final class HudiSinkFactory implements DynamicTableSinkFactory {
    private final HoodieTableFactory hudi = new HoodieTableFactory();

    @Override
    public String factoryIdentifier() {
        return "gridseal-hudi";
    }

    @Override
    public Set<ConfigOption<?>> requiredOptions() {
        return hudi.requiredOptions();
    }

    @Override
    public Set<ConfigOption<?>> optionalOptions() {
        return hudi.optionalOptions();
    }

    @Override
    public DynamicTableSink createDynamicTableSink(Context context) {
        HoodieTableSink sink = (HoodieTableSink) hudi.createDynamicTableSink(context);
        RowType rows = (RowType) context.getCatalogTable()
                .getResolvedSchema()
                .toSinkRowDataType()
                .notNull()
                .getLogicalType();
        return new HudiSink(sink, rows);
    }
}
