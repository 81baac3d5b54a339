package io.gridseal.spark;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.catalog.CatalogTable;
import org.apache.spark.sql.catalyst.expressions.Expression;
import org.apache.spark.sql.catalyst.expressions.SubqueryExpression;
import org.apache.spark.sql.catalyst.plans.QueryPlan;
import org.apache.spark.sql.catalyst.plans.logical.Command;
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan;
import org.apache.spark.sql.catalyst.plans.logical.View;
import org.apache.spark.sql.catalyst.trees.TreeNode;
import org.apache.spark.sql.connector.catalog.CatalogManager;
import org.apache.spark.sql.connector.catalog.CatalogPlugin;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.execution.command.SetCommand;
import org.apache.spark.sql.execution.datasources.LogicalRelation;
import org.apache.spark.sql.execution.datasources.v2.DataSourceV2Relation;
import scala.Option;
import scala.collection.JavaConverters;
import scala.runtime.AbstractFunction1;
import scala.runtime.BoxedUnit;

/**
 * Refuses every statement of an analyst that does anything but read tables of the lake.
 *
 * <p>It looks at what a statement is once it is resolved, and lets pass what it knows: a kind of plan that is not named
 * here is refused, also one that comes with a later version of Spark or Hudi.
 */
final class ReadOnly extends AbstractFunction1<LogicalPlan, BoxedUnit> {

    private static final Set<String> LAYERS = Set.of("ods", "dim", "dwd", "dws", "ads");

    /** Commands begin with one of these words: they tell of tables. */
    private static final Set<String> TELLING = Set.of("Show", "Describe", "Explain");

    private static final Set<String> COMMANDS = Set.of("SetCatalogAndNamespace", "SetNamespaceCommand");

    private static final Set<String> PLANS =
            Set.of(
                    "Aggregate", "CTERelationDef", "CTERelationRef", "CollectMetrics", "CommandResult", "Deduplicate",
                    "DeserializeToObject", "Distinct", "Except", "Expand", "Filter", "Generate", "GlobalLimit", "Intersect", "Join",
                    "LateralJoin", "LocalLimit", "LocalRelation", "Offset", "OneRowRelation", "Pivot", "Project",
                    "Range", "RebalancePartitions", "Repartition", "RepartitionByExpression", "ResolvedHint",
                    "ResolvedNamespace", "ResolvedPersistentView", "ResolvedTable", "ReturnAnswer", "Sample", "Sort", "Subquery", "SubqueryAlias", "Tail", "Union", "Unpivot", "View",
                    "Window", "WithCTE");

    static final String TIME_ZONE = "spark.sql.session.timeZone";

    /** Spark's own; Hudi brings one that reads any file. */
    private static final String EXPRESSIONS = "org.apache.spark.sql.catalyst.expressions.";

    /** Calls whatever class the name of which it is given. */
    private static final String REFLECTION = "CallMethodViaReflection";

    private final SparkSession session;

    ReadOnly(SparkSession session) {
        this.session = session;
    }

    @Override
    public BoxedUnit apply(LogicalPlan plan) {
        if (!FrontDoor.isOwn(session)) {
            check(plan, Collections.newSetFromMap(new IdentityHashMap<>()));
        }
        return BoxedUnit.UNIT;
    }

    private void check(QueryPlan<?> plan, Set<Object> seen) {
        // Subqueries hang on a plan in two ways.
        if (!seen.add(plan)) {
            return;
        }
        String kind = plan.getClass().getSimpleName().replace("$", "");
        if (plan instanceof Command) {
            checkCommand((Command) plan, kind);
        } else if (plan instanceof LogicalRelation) {
            checkTable(((LogicalRelation) plan).catalogTable());
        } else if (plan instanceof DataSourceV2Relation) {
            checkCatalog(((DataSourceV2Relation) plan).catalog());
            checkTable(((DataSourceV2Relation) plan).identifier());
        } else if (!PLANS.contains(kind)) {
            throw refused(kind, "queries of tables");
        } else if (plan instanceof View) {
            checkTable(Option.apply(((View) plan).desc()));
        }
        JavaConverters.seqAsJavaList(plan.expressions()).forEach(expression -> checkExpression(expression, seen));
        JavaConverters.seqAsJavaList(plan.children()).forEach(child -> check((QueryPlan<?>) child, seen));
        for (TreeNode<?> inner : JavaConverters.seqAsJavaList(plan.innerChildren())) {
            if (inner instanceof LogicalPlan && !(plan instanceof Command)) {
                check((LogicalPlan) inner, seen);
            }
        }
    }

    private static void checkCommand(Command command, String kind) {
        boolean sets = command instanceof SetCommand && setsTimeZone((SetCommand) command);
        if (!sets && !COMMANDS.contains(kind) && TELLING.stream().noneMatch(kind::startsWith)) {
            throw refused(kind, "SELECT, WITH, SHOW, DESCRIBE, EXPLAIN, USE, SET " + TIME_ZONE);
        }
    }

    private static boolean setsTimeZone(SetCommand command) {
        return command.kv().isDefined() && command.kv().get()._1().equals(TIME_ZONE);
    }

    private static void checkCatalog(Option<CatalogPlugin> catalog) {
        if (catalog.isEmpty() || !catalog.get().name().equals(CatalogManager.SESSION_CATALOG_NAME())) {
            throw refused("reading what is no table of a layer", "ods, dim, dwd, dws, ads and the name of a table");
        }
    }

    private static void checkTable(Option<?> named) {
        String layer = "";
        if (named.isDefined() && named.get() instanceof CatalogTable) {
            Option<String> database = ((CatalogTable) named.get()).identifier().database();
            layer = database.isDefined() ? database.get() : "";
        } else if (named.isDefined()) {
            layer = String.join(".", ((Identifier) named.get()).namespace());
        }
        if (!LAYERS.contains(layer)) {
            throw refused("reading what is no table of a layer", "ods, dim, dwd, dws, ads and the name of a table");
        }
    }

    private void checkExpression(Expression expression, Set<Object> seen) {
        Class<?> kind = expression.getClass();
        if (!kind.getName().startsWith(EXPRESSIONS) || kind.getSimpleName().equals(REFLECTION)) {
            throw refused("the function " + expression.prettyName(), "functions that only compute");
        }
        if (expression instanceof SubqueryExpression) {
            check(((SubqueryExpression) expression).plan(), seen);
        }
        JavaConverters.seqAsJavaList(expression.children()).forEach(child -> checkExpression(child, seen));
    }

    static SecurityException refused(String what, String allowed) {
        return new SecurityException(what + " is refused; allowed: " + allowed);
    }
}
