package org.apache.hudi.adapter;

import org.apache.flink.streaming.api.operators.Output;
import org.apache.flink.streaming.api.watermark.Watermark;
import org.apache.flink.streaming.runtime.streamrecord.LatencyMarker;
import org.apache.flink.streaming.runtime.streamrecord.RecordAttributes;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.runtime.watermarkstatus.WatermarkStatus;
import org.apache.flink.util.OutputTag;

/**
 * Replaces the class of the same name in Hudi's bundle for Flink 1.17, so that the bundle runs on Flink 1.20.
 *
 * <p>{@link Output} gained {@code emitRecordAttributes} in Flink 1.19. The bundle's class lacks it, and the first
 * compaction ends with an AbstractMethodError in {@code compact_task}. Flink loads the first of two equal class names
 * in the order of the files in lib, so the jar of this class must sort before the bundle ({@code gridseal-flink.jar}
 * sorts before {@code hudi-flink1.17-bundle-0.14.0.jar}). With a bundle made for Flink 1.19 or later, delete this class.
 *
 * <p>As in the original, records pass and nothing else does: a compaction operator that runs inside another one must not
 * forward time twice.
 */
public class MaskingOutputAdapter<OUT> implements Output<StreamRecord<OUT>> {
    private final Output<StreamRecord<OUT>> output;

    public MaskingOutputAdapter(Output<StreamRecord<OUT>> output) {
        this.output = output;
    }

    @Override
    public void collect(StreamRecord<OUT> record) {
        output.collect(record);
    }

    @Override
    public <X> void collect(OutputTag<X> outputTag, StreamRecord<X> record) {
        output.collect(outputTag, record);
    }

    @Override
    public void emitWatermark(Watermark mark) {}

    @Override
    public void emitWatermarkStatus(WatermarkStatus status) {}

    @Override
    public void emitLatencyMarker(LatencyMarker marker) {}

    @Override
    public void emitRecordAttributes(RecordAttributes attributes) {}

    @Override
    public void close() {
        output.close();
    }
}
