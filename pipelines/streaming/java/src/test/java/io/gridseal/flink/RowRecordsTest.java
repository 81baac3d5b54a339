package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Properties;
import java.util.Random;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.table.data.DecimalData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.data.TimestampData;
import org.apache.flink.table.runtime.typeutils.RowDataSerializer;
import org.apache.flink.table.types.logical.BigIntType;
import org.apache.flink.table.types.logical.BooleanType;
import org.apache.flink.table.types.logical.DateType;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.DoubleType;
import org.apache.flink.table.types.logical.IntType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.RowType;
import org.apache.flink.table.types.logical.TimestampType;
import org.apache.flink.table.types.logical.VarBinaryType;
import org.apache.flink.table.types.logical.VarCharType;
import org.apache.flink.types.RowKind;
import org.apache.hudi.avro.HoodieAvroUtils;
import org.apache.hudi.common.model.HoodieAvroRecord;
import org.apache.hudi.common.model.HoodieRecord;
import org.apache.hudi.common.model.HoodieRecordPayload;
import org.apache.hudi.common.model.MetadataValues;
import org.apache.hudi.common.util.SerializationUtils;
import org.apache.hudi.configuration.FlinkOptions;
import org.apache.hudi.keygen.ComplexAvroKeyGenerator;
import org.apache.hudi.org.apache.avro.Schema;
import org.apache.hudi.sink.transform.RowDataToHoodieFunction;
import org.apache.hudi.util.AvroSchemaConverter;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Records of rows beside those that Hudi makes of the same rows. */
class RowRecordsTest {
    private static final RowType ROWS = RowType.of(
            false,
            new LogicalType[] {
                new VarCharType(false, VarCharType.MAX_LENGTH),
                new TimestampType(false, 3),
                new VarCharType(false, VarCharType.MAX_LENGTH),
                new VarCharType(VarCharType.MAX_LENGTH),
                new DecimalType(10, 3),
                new DecimalType(38, 6),
                new TimestampType(6),
                new BigIntType(),
                new IntType(),
                new BooleanType(),
                new DoubleType(),
                new DateType(),
                new VarBinaryType(VarBinaryType.MAX_LENGTH)
            },
            new String[] {
                "meter_id", "event_time", "dt", "name", "power", "amount", "seen", "seq", "phase", "estimated", "share", "day", "payload"
            });
    private static final Schema SCHEMA = AvroSchemaConverter.convertToSchema(ROWS);

    private static final Properties NONE = new Properties();

    private final Configuration options = new Configuration();
    private final RowDataToHoodieFunction<RowData, HoodieRecord<?>> hudi = new RowDataToHoodieFunction<>(ROWS, options);
    private final RowRecords ours = new RowRecords(ROWS, options);

    @BeforeEach
    void open() throws Exception {
        options.set(FlinkOptions.PATH, "hdfs://127.0.0.1:1/lake/dwd/meter_reading");
        options.set(FlinkOptions.SOURCE_AVRO_SCHEMA, SCHEMA.toString());
        options.set(FlinkOptions.PRECOMBINE_FIELD, FlinkOptions.NO_PRE_COMBINE);
        options.set(FlinkOptions.RECORD_KEY_FIELD, "meter_id,event_time,dt");
        options.set(FlinkOptions.PARTITION_PATH_FIELD, "dt");
        options.set(FlinkOptions.HIVE_STYLE_PARTITIONING, true);
        options.set(FlinkOptions.KEYGEN_CLASS_NAME, ComplexAvroKeyGenerator.class.getName());
        hudi.open(options);
        ours.open(options);
    }

    @Test
    void rowsMakeTheRecordsThatHudiMakes() throws Exception {
        Random random = new Random(7);
        RowDataSerializer serializer = new RowDataSerializer(ROWS);
        for (int i = 0; i < 2_000; i++) {
            RowData row = row(random);
            // As they come from another task, and as they come from this one.
            assertEqual(hudi.map(row), ours.map(i % 2 == 0 ? serializer.toBinaryRow(row) : row), row.getRowKind());
        }
    }

    @Test
    void whatWaitsIsNotTheRowThatFlinkWritesOver() throws Exception {
        Random random = new Random(7);
        RowDataSerializer serializer = new RowDataSerializer(ROWS);
        RowData first = row(random);
        HoodieRecord<?> expected = hudi.map(first);
        HoodieRecord<?> record = ours.map(serializer.toBinaryRow(first));
        // The serializer has one row, and so it is written over.
        ours.map(serializer.toBinaryRow(row(random)));
        assertEqual(expected, record, first.getRowKind());
    }

    @Test
    void ofTwoRecordsOfAKeyTheLaterCounts() throws Exception {
        Random random = new Random(7);
        RowPayload earlier = payload(ours.map(row(random)));
        RowPayload later = payload(ours.map(row(random)));
        assertSame(later, later.preCombine(earlier, SCHEMA, NONE));
        assertEquals(
                later.getInsertValue(SCHEMA),
                later.combineAndGetUpdateValue(earlier.getInsertValue(SCHEMA).get(), SCHEMA, NONE));
    }

    @Test
    void itIsWrittenWithTheColumnsOfHudi() throws Exception {
        Random random = new Random(7);
        Schema all = HoodieAvroUtils.addMetadataFields(SCHEMA);
        MetadataValues some = new MetadataValues().setFileName("file");
        MetadataValues more = new MetadataValues()
                .setFileName("file")
                .setCommitTime("20260901000000000")
                .setCommitSeqno("20260901000000000_0_7")
                .setRecordKey("key")
                .setPartitionPath("dt=2026-09-01");
        for (int i = 0; i < 500; i++) {
            RowData row = row(random);
            for (MetadataValues values : List.of(some, more)) {
                HoodieRecord<?> expected = hudi.map(row).prependMetaFields(SCHEMA, all, values, NONE);
                HoodieRecord<?> record = beingWritten(ours.map(row)).prependMetaFields(SCHEMA, all, values, NONE);
                assertEquals(expected.getKey(), record.getKey());
                assertEquals(expected.getOperation(), record.getOperation());
                assertEquals(
                        expected.toIndexedRecord(all, NONE).get().getData(),
                        record.toIndexedRecord(all, NONE).get().getData());
            }
        }
    }

    @Test
    void itCanWaitOnDisk() throws Exception {
        RowData row = row(new Random(7));
        HoodieRecord<?> record = SerializationUtils.deserialize(SerializationUtils.serialize(beingWritten(ours.map(row))));
        assertEqual(hudi.map(row), record, row.getRowKind());
    }

    private static void assertEqual(HoodieRecord<?> expected, HoodieRecord<?> record, RowKind kind) throws Exception {
        assertEquals(expected.getKey(), record.getKey());
        assertEquals(expected.getOperation(), record.getOperation());
        assertEquals(kind.toByteValue(), record.getOperation().getValue());
        assertFalse(record.isDelete(SCHEMA, NONE));
        assertEquals(expected.getOrderingValue(SCHEMA, NONE), record.getOrderingValue(SCHEMA, NONE));
        HoodieRecordPayload<?> data = (HoodieRecordPayload<?>) expected.getData();
        assertEquals(data.getInsertValue(SCHEMA, NONE), payload(record).getInsertValue(SCHEMA, NONE));
    }

    @SuppressWarnings("unchecked")
    private static RowRecord beingWritten(HoodieRecord<?> record) {
        return new RowRecord((HoodieRecord<RowPayload>) record);
    }

    private static RowPayload payload(HoodieRecord<?> record) {
        return (RowPayload) ((HoodieAvroRecord<?>) record).getData();
    }

    private static RowData row(Random random) {
        GenericRowData row = GenericRowData.of(
                text(random),
                TimestampData.fromEpochMillis(random.nextLong(-1L << 40, 1L << 42)),
                StringData.fromString("2026-09-0" + (1 + random.nextInt(9))),
                text(random),
                decimal(random, 10, 3),
                decimal(random, 38, 6),
                TimestampData.fromEpochMillis(random.nextLong(1L << 41), 1000 * random.nextInt(1000)),
                random.nextLong(),
                random.nextInt(),
                random.nextBoolean(),
                random.nextGaussian(),
                random.nextInt(40_000) - 10_000,
                text(random).toBytes());
        for (int column = 3; column < row.getArity(); column++) {
            if (random.nextInt(4) == 0) {
                row.setField(column, null);
            }
        }
        row.setRowKind(List.of(RowKind.values()).get(random.nextInt(4)));
        return row;
    }

    private static StringData text(Random random) {
        int[] points = random.ints(random.nextInt(20), 1, 0x2_0000).filter(p -> p < 0xD800 || p > 0xDFFF).toArray();
        return StringData.fromString("M" + new String(points, 0, points.length));
    }

    private static DecimalData decimal(Random random, int precision, int scale) {
        BigDecimal most = BigDecimal.TEN.pow(precision - scale);
        BigDecimal value = most.multiply(BigDecimal.valueOf(random.nextDouble())).setScale(scale, RoundingMode.DOWN);
        return DecimalData.fromBigDecimal(random.nextBoolean() ? value : value.negate(), precision, scale);
    }
}
