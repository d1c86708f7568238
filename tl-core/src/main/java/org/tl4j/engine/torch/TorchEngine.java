// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.tl4j.engine.Device;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WeightMismatchException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Value;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * Trains graphs on libtorch. The number of threads is the system property {@value #THREADS}, or that of the processors;
 * equal seeds, machines and numbers of threads give equal bits.
 *
 * <p>One session at a time in a JVM: a second one waits until the first is closed.
 */
public final class TorchEngine implements TrainingEngine {
    /** System property: threads of one operation. */
    public static final String THREADS = "tl4j.threads";

    private static final System.Logger LOG = System.getLogger(TorchEngine.class.getName());
    private static final Semaphore ONE = new Semaphore(1);

    @Override
    public void require(Device device) {
        try {
            TorchSession.engine(device);
        } catch (LinkageError e) {
            throw missing(e);
        }
    }

    @Override
    public TrainingSession load(Graph graph, Weights weights, Options options) {
        check(graph, weights, options);
        acquire();
        try {
            return TorchSession.open(graph, weights, options, ONE::release);
        } catch (LinkageError e) {
            ONE.release();
            throw missing(e);
        } catch (RuntimeException e) {
            ONE.release();
            throw e;
        }
    }

    private static void acquire() {
        try {
            if (!ONE.tryAcquire(5, TimeUnit.SECONDS)) {
                LOG.log(System.Logger.Level.INFO, "waiting for another training in this JVM to be closed");
                ONE.acquire();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new EngineFailureException(
                    "Waiting for another training was interrupted.",
                    "an interrupt",
                    "one training at a time in a JVM",
                    "close the other training first",
                    e);
        }
    }

    static MissingArtifactException missing(Throwable e) {
        return new MissingArtifactException(
                "Training needs libtorch, which is not on the class path.",
                e.getClass().getSimpleName() + ": " + e.getMessage(),
                "ai.djl.pytorch:pytorch-engine, pytorch-jni and pytorch-native-cpu for this system",
                "add these artefacts (tl-core brings them unless they are excluded); serving a saved model does not need them",
                e);
    }

    private static void check(Graph graph, Weights weights, Options options) {
        if (!graph.outputs().containsKey(LOSS)) {
            throw new UnknownNameException("output", LOSS, graph.outputs().keySet(), "have the head add its loss");
        }
        List<String> missing = graph.parameters().keySet().stream()
                .filter(n -> weights.find(n) == null)
                .toList();
        if (!missing.isEmpty()) {
            throw new WeightMismatchException(
                    "The graph cannot be trained without weights.",
                    missing.size() + " parameters without: " + missing.subList(0, Math.min(10, missing.size())),
                    "weights for all " + graph.parameters().size(),
                    "load weights, or Weights.initial");
        }
        graph.parameters().forEach((name, v) -> {
            HostTensor t = weights.get(name);
            if (!t.type().equals(v.type())) {
                throw new WeightMismatchException(
                        "Parameter '" + name + "' has other weights.",
                        t.type(),
                        v.type(),
                        "choose the variant that the weights were made for");
            }
        });
        Set<String> seen = new HashSet<>();
        for (ParameterGroup g : options.groups()) {
            for (String name : g.parameters()) {
                Value v = graph.parameters().get(name);
                if (v == null) {
                    throw new UnknownNameException(
                            "parameter of group '" + g.name() + "'",
                            name,
                            graph.parameters().keySet(),
                            "name parameters of the graph");
                }
                if (v.origin() instanceof Value.Parameter p && p.buffer()) {
                    throw new ShapeMismatchException(
                            "Group '" + g.name() + "' would train a buffer.",
                            name,
                            "a parameter",
                            "leave running statistics out of the groups");
                }
                if (!seen.add(name)) {
                    throw new InvalidArgumentException(
                            "Parameter '" + name + "' is in two groups.",
                            g.name() + " and one before it",
                            "one group a parameter",
                            "take it out of one of them");
                }
            }
        }
    }

    /** What to say where CUDA was asked for and libtorch has none. */
    static MissingArtifactException noCuda(Device device, int count, String version) {
        return new MissingArtifactException(
                "CUDA was asked for and libtorch cannot use it.",
                count + " devices seen by libtorch " + version + "; asked for " + device,
                "an NVIDIA driver and libtorch for CUDA",
                "install PyTorch 2.7.1 for CUDA 12.8 and set PYTORCH_LIBRARY_PATH to its lib folder, PYTORCH_VERSION=2.7.1 and PYTORCH_FLAVOR=cu128, or use --device cpu");
    }
}
