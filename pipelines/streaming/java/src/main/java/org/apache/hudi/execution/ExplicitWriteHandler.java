package org.apache.hudi.execution;

import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.hudi.client.WriteStatus;
import org.apache.hudi.common.config.TypedProperties;
import org.apache.hudi.common.model.HoodieRecord;
import org.apache.hudi.common.util.ValidationUtils;
import org.apache.hudi.common.util.queue.HoodieConsumer;
import org.apache.hudi.execution.HoodieLazyInsertIterable.HoodieInsertValueGenResult;
import org.apache.hudi.io.HoodieWriteHandle;

/**
 * Replaces the class of the same name in Hudi's bundle, which copies all properties of the table, more than a hundred, for
 * every record that is written: more than half of all that the streaming job did (docs/decisions/0023).
 *
 * <p>The copy is there because a handle notes in it whether the record is an update. It does so for every record before
 * it looks, so one copy does for all records of a handle. Loaded first as {@link
 * org.apache.hudi.adapter.MaskingOutputAdapter} is; with a Hudi that has this mended, delete this class.
 */
public class ExplicitWriteHandler<T> implements HoodieConsumer<HoodieInsertValueGenResult<HoodieRecord>, List<WriteStatus>> {
    private final HoodieWriteHandle<?, ?, ?, ?> handle;
    private Properties given;
    private TypedProperties properties;

    public ExplicitWriteHandler(HoodieWriteHandle handle) {
        this.handle = handle;
    }

    @Override
    public void consume(HoodieInsertValueGenResult<HoodieRecord> generated) {
        if (given != generated.props) {
            given = generated.props;
            properties = new TypedProperties(given);
        }
        handle.write(generated.getResult(), generated.schema, properties);
    }

    @Override
    public List<WriteStatus> finish() {
        List<WriteStatus> statuses = new ArrayList<>(handle.close());
        ValidationUtils.checkState(!statuses.isEmpty());
        return statuses;
    }
}
