package io.gridseal.flink;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.Schema;
import org.apache.flink.cdc.connectors.shaded.org.apache.kafka.connect.data.SchemaBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

class ContractCheckTest {
    private static final BusinessTable CUSTOMER = new BusinessTable("customer", "ods.customer_change", List.of(
            new BusinessColumn("customer_id", "INT", true), new BusinessColumn("contract_kw", "DECIMAL(8,2)", false)));
    private static final String WHERE = "at binlog.000002:6783";

    /** The columns that the database has now; a server is asked in the tests of the lake. */
    private final Set<String> now = new HashSet<>(Set.of("customer_id", "contract_kw"));
    private final ContractCheck check = new ContractCheck("grid", List.of(CUSTOMER), table -> now);

    private static Schema schema(String... fields) {
        SchemaBuilder schema = SchemaBuilder.struct();
        for (String field : fields) {
            schema.field(field, Schema.OPTIONAL_STRING_SCHEMA);
        }
        return schema.build();
    }

    private void check(Schema schema, String... values) {
        Map<String, String> image = new HashMap<>();
        for (int i = 0; i < values.length; i++) {
            image.put(schema.fields().get(i).name(), values[i]);
        }
        check.check("customer", WHERE, schema, image);
    }

    private String failure(Schema schema, String... values) {
        return assertThrows(SourceFailure.class, () -> check(schema, values)).getMessage();
    }

    @Test
    void moreColumnsAndAnotherOrderAreFine() {
        assertDoesNotThrow(() -> check(schema("note", "contract_kw", "customer_id"), "x", "6.00", "1"));
        assertDoesNotThrow(() -> check.check("simulation", WHERE, schema("seed"), Map.of("seed", "7")));
    }

    @Test
    void aColumnThatIsGoneEndsTheJobUntilItIsBack() {
        now.remove("contract_kw");
        Schema without = schema("customer_id");
        String gone = "grid.customer has no column contract_kw any more, which ods.customer_change needs; put it back (ALTER TABLE), "
                + "and the job goes on by itself from the change at binlog.000002:6783";
        assertEquals(gone, failure(without, "1"));
        assertEquals(gone, failure(without, "1"), "as often as it tries");
        now.add("contract_kw");
        assertDoesNotThrow(() -> check(without, "1"));
        now.remove("contract_kw");
        assertEquals(gone, failure(schema("customer_id"), "1"), "gone once more");
    }

    @Test
    void aChangeWithoutItsKeyIsNeverRead() {
        assertEquals("grid.customer: the change at binlog.000002:6783 was made without the key customer_id of ods.customer_change, so "
                + "nobody knows whose it is; gridseal pipeline restart --from-scratch reads the table as it is now",
                failure(schema("contract_kw"), "6.00"));
    }

    @Test
    void aValueThatDoesNotFitIsToldWithItsColumnAndItsContract() {
        assertEquals("grid.customer: contract_kw is 1234567.00 in a change at binlog.000002:6783, and ods.customer_change declares it as "
                + "DECIMAL(8,2); widen it in that contract, then gridseal pipeline restart --from-scratch",
                failure(schema("customer_id", "contract_kw"), "1", "1234567.00"));
        assertDoesNotThrow(() -> check(schema("customer_id", "contract_kw"), "1", null));
        assertThrows(SourceFailure.class, () -> check(schema("customer_id", "contract_kw"), null, "6.00"));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "NULL", value = {
        "INT|2147483647|true", "INT|2147483648|false", "INT|-2147483649|false", "INT|12.00|true", "INT|12.5|false", "INT|x|false",
        "BIGINT|9223372036854775807|true", "BIGINT|9223372036854775808|false", "BIGINT|1|true",
        "DECIMAL(8,2)|999999.99|true", "DECIMAL(8,2)|1000000.00|false", "DECIMAL(8,2)|1.2300|true", "DECIMAL(8,2)|1.2345|false",
        "DECIMAL(8,2)|-999999.99|true", "DECIMAL(8,2)|0.0000|true", "DECIMAL(8,2)|1200|true", "DECIMAL(8,2)|NULL|true",
        "STRING|whatever|true", "BOOLEAN|1|true", "BOOLEAN|2|false", "DOUBLE|1.5E10|true", "DOUBLE|NaN|false",
        "DATE|2020-01-31|true", "DATE|2020-01-31 00:00:01.000|false", "DATE|-25:01:02.000000|false",
        "TIMESTAMP(6)|2021-02-03 04:05:06.123456|true", "TIMESTAMP(3)|2021-02-03 04:05:06.123000|true",
        "TIMESTAMP(3)|2021-02-03 04:05:06.123456|false", "TIMESTAMP(3)|2021-02-03|false"})
    void holdsWhatCastGivesBackExactly(String type, String text, boolean held) {
        assertEquals(held, new BusinessColumn("c", type, false).holds(text));
    }
}
