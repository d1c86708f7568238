// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tl4j.data.Augmentation;
import org.tl4j.data.Dataset;
import org.tl4j.data.Example;
import org.tl4j.data.Split;
import org.tl4j.error.InvalidDataException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.tensor.HostTensor;

/**
 * A head for one particular task, with its labels: adds its nodes and its loss to a graph, turns targets into tensors
 * and outputs into answers, and says how good they are.
 *
 * @param <Y> what is learned for an example
 * @param <P> what is answered for it
 */
public interface TaskHead<Y, P> {
    /** The scope of a head's parameters; a backbone must not use it. */
    String SCOPE = "head";

    /** The input by which a loss is multiplied, {@code f32[]}: 1 over the {@link #weight} of all examples of a step. */
    String LOSS_SCALE = "loss_scale";

    /** The task, as {@link Head#task} names it. */
    String task();

    /** The settings, from which {@link Head#restore} makes an equal one. */
    Config config();

    /** Adds the head's nodes, its parameters under {@value #SCOPE}, and its outputs. */
    void build(Graph graph, Endpoints backbone);

    /**
     * Adds inputs for the targets and {@link #LOSS_SCALE}, and the output {@value org.tl4j.model.TaskHead#LOSS}: the
     * summed loss times the scale.
     */
    void buildLoss(Graph graph);

    /** The output that is minimised. */
    String LOSS = "loss";

    /** The targets of one example as tensors without the batch axis, by the names of the inputs of the loss. */
    Map<String, HostTensor> encode(Y target);

    /**
     * Refuses data with targets that this head does not learn, before time is spent on them.
     *
     * @throws InvalidDataException that names the first such example's source
     */
    default void requireKnown(Dataset<?, Y> data) {
        for (Example<?, Y> example : data) {
            try {
                encode(example.target());
            } catch (UnknownNameException | InvalidDataException e) {
                throw new InvalidDataException(example.source() + ": " + e.what(), e.found(), e.expected(), e.fix(), e);
            }
        }
    }

    /**
     * The head for training examples whose targets may hold in part, because two examples were mixed; by default there
     * is none.
     *
     * @throws UnsupportedFeatureException if the task has no such targets
     */
    default TaskHead<Y, P> withMixedTargets() {
        throw new UnsupportedFeatureException(
                "Targets of '" + task() + "' cannot hold in part, as those of mixed examples do.",
                "a random change that mixes examples",
                "a classification",
                "leave mixup and cutmix away");
    }

    /**
     * What is drawn anew for every epoch from the examples to learn from, such as negative examples; empty where they
     * stay as they are, unless a user changes them.
     */
    default <X> Optional<Augmentation<X, Y>> redrawn(Dataset<X, Y> train) {
        return Optional.empty();
    }

    /**
     * How much a batch of targets counts in a mean: what the summed loss is divided by to be PyTorch's mean.
     *
     * @param targets what {@link #encode} gives, collated: {@code target i64[N]}
     */
    double weight(Map<String, HostTensor> targets);

    /** Holds out a part of the data, each kind of target in both parts where there are enough of it. */
    default <X> Split<X, Y> split(Dataset<X, Y> data, double fraction, long seed) {
        return Split.random(data, fraction, seed);
    }

    /** The answers to a batch, from the outputs of {@link #build}. */
    List<P> decode(Map<String, HostTensor> outputs);

    /**
     * Begins to judge answers.
     *
     * @param trainingTargets what the naive baseline learns from; read at most once, when the figures are asked for
     */
    Evaluator<Y> evaluator(Iterable<Y> trainingTargets);

    /**
     * Takes answers batch by batch and says how good they were; holds what the figures need, not the outputs.
     *
     * @param <Y> what was to be learned
     */
    interface Evaluator<Y> {
        /** Counts a batch: the outputs of {@link #build} and what was to be learned, in the same order. */
        void add(Map<String, HostTensor> outputs, List<Y> targets);

        /** The figures over all batches so far. */
        Evaluation evaluation();
    }

    /** Judges answers that are all at hand. */
    default Evaluation evaluate(
            List<Map<String, HostTensor>> outputs, List<List<Y>> targets, Iterable<Y> trainingTargets) {
        Evaluator<Y> evaluator = evaluator(trainingTargets);
        for (int i = 0; i < outputs.size(); i++) {
            evaluator.add(outputs.get(i), targets.get(i));
        }
        return evaluator.evaluation();
    }

    /**
     * The metric that chooses the best epoch, a key of {@link Evaluation#metrics}; larger is better unless it is
     * {@code loss}.
     */
    String monitor();
}
