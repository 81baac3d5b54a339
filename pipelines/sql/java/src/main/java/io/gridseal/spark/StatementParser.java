package io.gridseal.spark;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Locale;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.FunctionIdentifier;
import org.apache.spark.sql.catalyst.TableIdentifier;
import org.apache.spark.sql.catalyst.analysis.UnresolvedTableValuedFunction;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.Literal;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.parser.ParseException;
import org.apache.spark.sql.catalyst.parser.ParserInterface;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.GlobalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LocalLimit;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.ParsedStatement;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.collection.JavaConverters;
import scala.collection.Seq;

/**
 * A parser that prepares each statement of an analyst: its tables are known, their files are listed anew, so that it
 * reads one commit of each, and its answer is not too long.
 */
final class StatementParser implements ParserInterface {

    /** Characters; what reads a statement before its parser takes time that grows with it. */
    private static final int LONGEST = 256 * 1024;

    /** Setting of a session: rows of an answer at the most; 0 for any number. */
    private static final String MOST_ROWS = "spark.gridseal.sql.maxRows";

    /** Setting of a session: whoever asks makes the tables known, and keeps them so until the statement is analysed. */
    private static final String TABLES_KNOWN = "spark.gridseal.sql.tablesKnown";

    private final SparkSession session;
    private final ParserInterface parser;

    StatementParser(SparkSession session, ParserInterface parser) {
        this.session = session;
        this.parser = parser;
    }

    @Override
    public LogicalPlan parsePlan(String sql) throws ParseException {
        if (FrontDoor.isOwn(session)) {
            return parser.parsePlan(sql);
        }
        if (sql.length() > LONGEST) {
            throw ReadOnly.refused("a statement of " + sql.length() + " characters", LONGEST + " characters");
        }
        if (!Boolean.parseBoolean(session.conf().get(TABLES_KNOWN, "false"))) {
            FrontDoor.makeKnown(sql);
        }
        session.sessionState().catalog().invalidateAllCachedTables();
        LogicalPlan plan = parser.parsePlan(sql);
        refuseFunctionsOfHudi(plan, Collections.newSetFromMap(new IdentityHashMap<>()));
        int most = Integer.parseInt(session.conf().get(MOST_ROWS, "0"));
        if (most == 0 || !isQuery(plan)) {
            return plan;
        }
        Literal rows = new Literal(most, DataTypes.IntegerType);
        return new GlobalLimit(rows, new LocalLimit(rows, plan));
    }

    /** They look at whatever path they are given while they are resolved, so before {@link ReadOnly} sees them. */
    private static void refuseFunctionsOfHudi(TreeNode<?> node, Set<Object> seen) {
        if (!seen.add(node)) {
            return;
        }
        boolean function = node instanceof UnresolvedTableValuedFunction;
        String name = function ? ((UnresolvedTableValuedFunction) node).name().mkString(".") : node.getClass().getSimpleName();
        if (name.toLowerCase(Locale.ROOT).startsWith(function ? "hudi" : "hoodie")) {
            throw ReadOnly.refused("a function of Hudi", "SELECT ... FROM TABLE TIMESTAMP AS OF ...");
        }
        JavaConverters.seqAsJavaList(node.children()).forEach(child -> refuseFunctionsOfHudi((TreeNode<?>) child, seen));
        JavaConverters.seqAsJavaList(node.innerChildren()).forEach(inner -> refuseFunctionsOfHudi(inner, seen));
        if (node instanceof QueryPlan) {
            JavaConverters.seqAsJavaList(((QueryPlan<?>) node).expressions()).forEach(e -> refuseFunctionsOfHudi(e, seen));
        } else if (node instanceof SubqueryExpression) {
            refuseFunctionsOfHudi(((SubqueryExpression) node).plan(), seen);
        }
    }

    private static boolean isQuery(LogicalPlan plan) {
        return !(plan instanceof Command)
                && !(plan instanceof ParsedStatement)
                && JavaConverters.seqAsJavaList(plan.children()).stream().allMatch(StatementParser::isQuery);
    }

    @Override
    public LogicalPlan parseQuery(String sql) throws ParseException {
        return parser.parseQuery(sql);
    }

    @Override
    public Expression parseExpression(String sql) throws ParseException {
        return parser.parseExpression(sql);
    }

    @Override
    public TableIdentifier parseTableIdentifier(String sql) throws ParseException {
        return parser.parseTableIdentifier(sql);
    }

    @Override
    public FunctionIdentifier parseFunctionIdentifier(String sql) throws ParseException {
        return parser.parseFunctionIdentifier(sql);
    }

    @Override
    public Seq<String> parseMultipartIdentifier(String sql) throws ParseException {
        return parser.parseMultipartIdentifier(sql);
    }

    @Override
    public StructType parseTableSchema(String sql) throws ParseException {
        return parser.parseTableSchema(sql);
    }

    @Override
    public DataType parseDataType(String sql) throws ParseException {
        return parser.parseDataType(sql);
    }
}
