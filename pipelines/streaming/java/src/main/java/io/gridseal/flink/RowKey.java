package io.gridseal.flink;

import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.java.functions.KeySelector;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.binary.BinaryRowData;
import org.apache.flink.table.runtime.typeutils.InternalTypeInfo;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;

import java.util.Arrays;

/** The key of a row, in binary form, whose hash is the same after a restart. */
final class RowKey implements KeySelector<RowData, BinaryRowData> {
    private static final long serialVersionUID = 1L;

    private final RowData.FieldGetter[] getters;
    private final LogicalType[] types;
    private transient RowDataSerializer serializer;

    /**
     * @param type columns of the rows
     * @param columns names of those that make the key
     */
    RowKey(RowType type, String... columns) {
        int[] places = Arrays.stream(columns).mapToInt(type::getFieldIndex).toArray();
        types = Arrays.stream(places).mapToObj(type::getTypeAt).toArray(LogicalType[]::new);
        getters = Arrays.stream(places)
                .mapToObj(place -> RowData.createFieldGetter(type.getTypeAt(place), place))
                .toArray(RowData.FieldGetter[]::new);
    }

    TypeInformation<BinaryRowData> type() {
        return InternalTypeInfo.of((LogicalType) RowType.of(types));
    }

    @Override
    public BinaryRowData getKey(RowData row) {
        if (serializer == null) {
            serializer = new RowDataSerializer(types);
        }
        Object[] values = Arrays.stream(getters).map(getter -> getter.getFieldOrNull(row)).toArray();
        return serializer.toBinaryRow(GenericRowData.of(values)).copy();
    }
}
