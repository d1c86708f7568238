// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.engine.Optimizer;
import org.tl4j.error.Checks;

/**
 * How training runs, whatever is trained.
 *
 * @param batchSize examples of one forward pass
 * @param accumulate forward passes of one step; the loss is the mean over all their examples
 * @param optimizer the rule of the update
 * @param weightDecay for parameters of two or more axes; biases and norms have none
 * @param clipNorm largest norm of all gradients together; 0 is no limit
 * @param averaging decay of the moving average of the weights that is evaluated and kept; 0 for none
 * @param patience epochs without a better validation score after which a phase ends; 0 for never
 * @param keepBest whether the weights of the best epoch are kept, else those of the last
 * @param seed of everything random
 * @param device where training runs
 * @param cacheBytes frozen features above this size lie in a memory-mapped file
 * @param checkpoint the file that a killed run resumes from, or null
 * @param checkpointSteps a checkpoint every so many steps; 0 for one an epoch and every 20 seconds
 */
public record TrainingOptions(
        int batchSize,
        int accumulate,
        Optimizer optimizer,
        double weightDecay,
        double clipNorm,
        double averaging,
        int patience,
        boolean keepBest,
        long seed,
        Device device,
        long cacheBytes,
        @Nullable Path checkpoint,
        int checkpointSteps) {
    /** Checks the ranges. */
    public TrainingOptions {
        Checks.positive("batchSize", batchSize);
        Checks.positive("accumulate", accumulate);
        Checks.notNegative("weightDecay", weightDecay);
        Checks.notNegative("clipNorm", clipNorm);
        Checks.between("averaging", averaging, 0, 0.999999);
        Checks.notNegative("patience", patience);
        Checks.notNegative("checkpointSteps", checkpointSteps);
    }

    /** Batches of 16, AdamW with decay 0.01, gradients clipped at 1, the best epoch kept, seed 42, on the processor. */
    public static TrainingOptions defaults() {
        long quarter = Runtime.getRuntime().maxMemory() / 4;
        return new TrainingOptions(16, 1, Optimizer.adamW(), 0.01, 1, 0, 0, true, 42, Device.CPU, quarter, null, 0);
    }

    /** Another batch size. */
    public TrainingOptions withBatchSize(int value) {
        return new TrainingOptions(
                value,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another number of forward passes a step. */
    public TrainingOptions withAccumulate(int value) {
        return new TrainingOptions(
                batchSize,
                value,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another optimiser. */
    public TrainingOptions withOptimizer(Optimizer value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                value,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another weight decay. */
    public TrainingOptions withWeightDecay(double value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                value,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another limit of the gradients' norm. */
    public TrainingOptions withClipNorm(double value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                value,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another decay of the weights' moving average. */
    public TrainingOptions withAveraging(double value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                value,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another patience. */
    public TrainingOptions withPatience(int value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                value,
                keepBest,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Whether the best epoch is kept. */
    public TrainingOptions withKeepBest(boolean value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                value,
                seed,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another seed. */
    public TrainingOptions withSeed(long value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                value,
                device,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another device. */
    public TrainingOptions withDevice(Device value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                value,
                cacheBytes,
                checkpoint,
                checkpointSteps);
    }

    /** Another limit of the features that are held in memory. */
    public TrainingOptions withCacheBytes(long value) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                value,
                checkpoint,
                checkpointSteps);
    }

    /** Checkpoints into a file; every so many steps, or 0 for one an epoch and every 20 seconds. */
    public TrainingOptions withCheckpoint(@Nullable Path file, int steps) {
        return new TrainingOptions(
                batchSize,
                accumulate,
                optimizer,
                weightDecay,
                clipNorm,
                averaging,
                patience,
                keepBest,
                seed,
                device,
                cacheBytes,
                file,
                steps);
    }
}
