package io.gridseal.spark;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.hive.service.cli.CLIService;
import org.apache.hive.service.cli.thrift.ThriftBinaryCLIService;
import org.apache.hive.service.rpc.thrift.TColumn;
import org.apache.hive.service.rpc.thrift.TExecuteStatementReq;
import org.apache.hive.service.rpc.thrift.TExecuteStatementResp;
import org.apache.hive.service.rpc.thrift.TFetchResultsReq;
import org.apache.hive.service.rpc.thrift.TFetchResultsResp;
import org.apache.hive.service.rpc.thrift.TGetCrossReferenceReq;
import org.apache.hive.service.rpc.thrift.TGetCrossReferenceResp;
import org.apache.hive.service.rpc.thrift.TGetOperationStatusReq;
import org.apache.hive.service.rpc.thrift.TGetOperationStatusResp;
import org.apache.hive.service.rpc.thrift.TGetPrimaryKeysReq;
import org.apache.hive.service.rpc.thrift.TGetPrimaryKeysResp;
import org.apache.hive.service.rpc.thrift.TOpenSessionReq;
import org.apache.hive.service.rpc.thrift.TOpenSessionResp;
import org.apache.hive.service.rpc.thrift.TRowSet;
import org.apache.hive.service.rpc.thrift.TStatus;
import org.apache.hive.service.rpc.thrift.TStatusCode;
import org.apache.hive.service.rpc.thrift.TStringColumn;
import org.apache.thrift.TException;

/** What clients may ask of the server before and beside SQL. */
final class Connections extends ThriftBinaryCLIService {

    /**
     * What a connection may bring: HiveServer2 would set anything, and some settings name classes, folders that it
     * removes at the end, or databases that it opens. A variable in a value, which it would fill in, matches none.
     */
    private static final Map<String, Pattern> BROUGHT =
            Map.of(
                    "use:database", Pattern.compile("\\w+"),
                    ReadOnly.TIME_ZONE, Pattern.compile("[\\w/+:-]+"),
                    "set:hiveconf:" + ReadOnly.TIME_ZONE, Pattern.compile("[\\w/+:-]+"),
                    "set:hiveconf:hive.server2.thrift.resultset.default.fetch.size", Pattern.compile("\\d{1,9}"));

    /** What of a statement is fetched: 0 its rows, 1 its log. */
    private static final short LOG = 1;

    /** Classes of exceptions and of errors, before what people are told. */
    private static final Pattern CLASSES =
            Pattern.compile("^(?:[\\w.]+HiveSQLException: )?(?:Error running query: |Failed to open new session: )?(?:\\[[A-Z_.]+] )?(?:[a-z]\\w*\\.)+\\w+: ");

    /** The plan, which follows what is wrong with it. */
    private static final Pattern PLAN = Pattern.compile(";\\n.*", Pattern.DOTALL);

    Connections(CLIService service) {
        super(service);
    }

    @Override
    public TOpenSessionResp OpenSession(TOpenSessionReq request) throws TException {
        if (request.isSetConfiguration()) {
            for (Entry<String, String> brought : request.getConfiguration().entrySet()) {
                Pattern allowed = BROUGHT.get(brought.getKey());
                if (allowed == null || !allowed.matcher(brought.getValue()).matches()) {
                    String what = "a connection with the setting " + brought.getKey();
                    return new TOpenSessionResp(
                            refused(ReadOnly.refused(what, ReadOnly.TIME_ZONE + ", the database").getMessage()),
                            request.getClient_protocol());
                }
            }
        }
        TOpenSessionResp response = super.OpenSession(request);
        shorten(response.getStatus());
        return response;
    }

    @Override
    public TExecuteStatementResp ExecuteStatement(TExecuteStatementReq request) throws TException {
        // Else it would run beside the statements that may run at once.
        request.setRunAsync(true);
        TExecuteStatementResp response = super.ExecuteStatement(request);
        shorten(response.getStatus());
        return response;
    }

    @Override
    public TGetOperationStatusResp GetOperationStatus(TGetOperationStatusReq request) throws TException {
        TGetOperationStatusResp response = super.GetOperationStatus(request);
        shorten(response.getStatus());
        if (response.isSetErrorMessage()) {
            response.setErrorMessage(withoutTrace(response.getErrorMessage()));
        }
        return response;
    }

    @Override
    public TFetchResultsResp FetchResults(TFetchResultsReq request) throws TException {
        if (request.getFetchType() == LOG) {
            return noLog();
        }
        TFetchResultsResp response = super.FetchResults(request);
        shorten(response.getStatus());
        return response;
    }

    /** Spark has none, and HiveServer2 would open a metastore to find out. */
    @Override
    public TGetPrimaryKeysResp GetPrimaryKeys(TGetPrimaryKeysReq request) {
        return new TGetPrimaryKeysResp(refused("Spark tells no primary keys; the contracts do: gridseal describe TABLE"));
    }

    @Override
    public TGetCrossReferenceResp GetCrossReference(TGetCrossReferenceReq request) {
        return new TGetCrossReferenceResp(refused("Spark tells no foreign keys"));
    }

    /** No line of it: it would stand in a file that others can read. */
    private static TFetchResultsResp noLog() {
        TStringColumn none = new TStringColumn(List.of(), ByteBuffer.allocate(0));
        TRowSet rows = new TRowSet(0, List.of());
        rows.setColumns(List.of(TColumn.stringVal(none)));
        TFetchResultsResp response = new TFetchResultsResp(new TStatus(TStatusCode.SUCCESS_STATUS));
        response.setHasMoreRows(false);
        response.setResults(rows);
        return response;
    }

    private static TStatus refused(String why) {
        TStatus status = new TStatus(TStatusCode.ERROR_STATUS);
        status.setErrorMessage(why);
        return status;
    }

    private static void shorten(TStatus status) {
        status.unsetInfoMessages();
        if (status.isSetErrorMessage()) {
            status.setErrorMessage(withoutTrace(status.getErrorMessage()));
        }
    }

    /** What of an error is for people. */
    static String withoutTrace(String error) {
        String lines =
                error.lines()
                        .takeWhile(line -> !line.startsWith("\tat ") && !line.startsWith("Caused by: "))
                        .collect(Collectors.joining("\n"));
        return PLAN.matcher(CLASSES.matcher(lines).replaceFirst("")).replaceFirst("").strip();
    }
}
