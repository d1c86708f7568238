// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.onnx;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.engine.Device;
import org.tl4j.engine.InferenceEngine;
import org.tl4j.engine.InferenceSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnsupportedFeatureException;
import org.tl4j.graph.Graph;
import org.tl4j.onnx.OnnxWriter;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.Dim;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.tensor.TensorType;
import org.tl4j.weights.Weights;

/**
 * Runs graphs and ONNX files on ONNX Runtime.
 *
 * <p>The number of threads is the system property {@value #THREADS}, or that of the processors. Answers are the same
 * bits for the same inputs, machine and number of threads.
 */
public final class OnnxEngine implements InferenceEngine {
    /** System property: threads of one run. */
    public static final String THREADS = "tl4j.threads";

    private static final Map<OnnxJavaType, DType> TYPES = Map.of(
            OnnxJavaType.FLOAT, DType.F32,
            OnnxJavaType.DOUBLE, DType.F64,
            OnnxJavaType.FLOAT16, DType.F16,
            OnnxJavaType.BFLOAT16, DType.BF16,
            OnnxJavaType.INT64, DType.I64,
            OnnxJavaType.INT32, DType.I32,
            OnnxJavaType.INT16, DType.I16,
            OnnxJavaType.INT8, DType.I8,
            OnnxJavaType.UINT8, DType.U8,
            OnnxJavaType.BOOL, DType.BOOL);

    /** An engine; the runtime is loaded with the first one. */
    public OnnxEngine() {
        OrtEnvironment.getEnvironment();
    }

    @Override
    public InferenceSession load(Graph graph, Weights weights, Device device) {
        return load(OnnxWriter.bytes(graph, weights, Map.of()), device);
    }

    @Override
    public InferenceSession loadForMany(Graph graph, Weights weights, Device device) {
        byte[] model = OnnxWriter.bytes(graph, weights, Map.of());
        // A GPU runs one batch after the other anyway.
        return device.kind() == Device.Kind.CPU
                ? load(device, 1, threads(), (environment, options) -> environment.createSession(model, options))
                : load(model, device);
    }

    private static int threads() {
        return Integer.getInteger(THREADS, Runtime.getRuntime().availableProcessors());
    }

    /** Loads the bytes of an ONNX file. */
    public InferenceSession load(byte[] model, Device device) {
        return load(device, threads(), 1, (environment, options) -> environment.createSession(model, options));
    }

    /** Loads an ONNX file. */
    public InferenceSession load(Path file, Device device) {
        return load(
                device, threads(), 1, (environment, options) -> environment.createSession(file.toString(), options));
    }

    private interface Creation {
        OrtSession create(OrtEnvironment environment, OrtSession.SessionOptions options) throws OrtException;
    }

    private static InferenceSession load(Device device, int threads, int concurrency, Creation creation) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            // Threads that spin while they wait keep the processor from those they wait for, where others use it, too.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR);
            if (device.kind() == Device.Kind.CUDA) {
                addCuda(options, device);
            }
            return new Session(environment, creation.create(environment, options), concurrency);
        } catch (OrtException e) {
            throw new EngineFailureException(
                    "ONNX Runtime cannot load the model.",
                    String.valueOf(e.getMessage()),
                    "a model of an opset that this runtime knows",
                    "see the message; export the model anew",
                    e);
        }
    }

    private static void addCuda(OrtSession.SessionOptions options, Device device) {
        try {
            options.addCUDA(device.index());
        } catch (OrtException e) {
            throw new MissingArtifactException(
                    "CUDA was asked for and ONNX Runtime cannot use it.",
                    "providers "
                            + OrtEnvironment.getAvailableProviders().stream()
                                    .map(OrtProvider::getName)
                                    .toList() + "; " + e.getMessage(),
                    "an NVIDIA driver, CUDA 12 with cuDNN 9, and the artefact onnxruntime_gpu",
                    "put com.microsoft.onnxruntime:onnxruntime_gpu on the class path instead of onnxruntime (never both), or use --device cpu",
                    e);
        }
    }

    private static final class Session implements InferenceSession {
        private final OrtEnvironment environment;
        private final OrtSession session;
        private final Map<String, TensorType> inputs;
        private final Map<String, TensorType> outputs;
        private final int concurrency;

        Session(OrtEnvironment environment, OrtSession session, int concurrency) throws OrtException {
            this.environment = environment;
            this.session = session;
            this.inputs = types(session.getInputInfo());
            this.outputs = types(session.getOutputInfo());
            this.concurrency = concurrency;
        }

        private static Map<String, TensorType> types(Map<String, NodeInfo> infos) {
            Map<String, TensorType> types = new LinkedHashMap<>();
            infos.forEach((name, info) -> {
                if (!(info.getInfo() instanceof TensorInfo t) || !TYPES.containsKey(t.type)) {
                    throw new UnsupportedFeatureException(
                            "'" + name + "' of the ONNX model is no tensor of numbers.",
                            info.getInfo(),
                            "a tensor of " + TYPES.values(),
                            "export the model without it");
                }
                List<Dim> dims = new ArrayList<>();
                String[] names = t.getDimensionNames();
                for (int i = 0; i < t.getShape().length; i++) {
                    long size = t.getShape()[i];
                    String symbol = names == null || i >= names.length || names[i] == null ? "" : names[i];
                    dims.add(size >= 0 ? Dim.of(size) : symbol.isEmpty() ? Dim.ANY : Dim.named(symbol));
                }
                types.put(name, new TensorType(TYPES.get(t.type), Shape.of(dims)));
            });
            return Collections.unmodifiableMap(types);
        }

        @Override
        public Map<String, TensorType> inputs() {
            return inputs;
        }

        @Override
        public Map<String, TensorType> outputs() {
            return outputs;
        }

        @Override
        public Map<String, HostTensor> run(Map<String, HostTensor> given) {
            check(given);
            Map<String, OnnxTensor> tensors = new LinkedHashMap<>();
            try {
                for (String name : inputs.keySet()) {
                    tensors.put(name, tensor(required(given, name)));
                }
                try (OrtSession.Result result = session.run(tensors)) {
                    Map<String, HostTensor> answers = new LinkedHashMap<>();
                    for (Map.Entry<String, TensorType> output : outputs.entrySet()) {
                        OnnxTensor t = (OnnxTensor) result.get(output.getKey())
                                .orElseThrow(() -> new IllegalStateException("no output " + output.getKey()));
                        answers.put(output.getKey(), read(t));
                    }
                    return answers;
                }
            } catch (OrtException e) {
                Map<String, TensorType> types = new LinkedHashMap<>();
                inputs.keySet().forEach(n -> types.put(n, required(given, n).type()));
                throw new EngineFailureException(
                        "ONNX Runtime failed on these inputs.",
                        types + ": " + e.getMessage(),
                        "inputs " + inputs,
                        "check lengths against what the model takes",
                        e);
            } finally {
                tensors.values().forEach(OnnxTensor::close);
            }
        }

        /** Element types and lengths, equal names meaning equal lengths, before the runtime sees them. */
        private void check(Map<String, HostTensor> given) {
            Map<String, Long> lengths = new HashMap<>();
            inputs.forEach((name, type) -> {
                HostTensor t = required(given, name);
                if (t.dtype() != type.dtype()) {
                    throw new ShapeMismatchException(
                            "Input '" + name + "' has another element type.", t.type(), type, "cast it");
                }
                Graph.bind(name, type.shape(), t.shape()).forEach((symbol, length) -> {
                    Long before = lengths.putIfAbsent(symbol, length);
                    if (before != null && !before.equals(length)) {
                        throw new ShapeMismatchException(
                                "Inputs disagree about the length of axis '" + symbol + "'.",
                                symbol + " = " + length + " in '" + name + "', " + before + " before",
                                "one length for all inputs",
                                "give all inputs for the same examples, filled up to one length");
                    }
                });
            });
        }

        @Override
        public int concurrency() {
            return concurrency;
        }

        private HostTensor required(Map<String, HostTensor> given, String name) {
            HostTensor t = given.get(name);
            if (t == null) {
                throw new ShapeMismatchException(
                        "Input '" + name + "' is missing.",
                        given.keySet(),
                        inputs.keySet(),
                        "give every input of the model");
            }
            return t;
        }

        private OnnxTensor tensor(HostTensor t) throws OrtException {
            ByteBuffer direct = ByteBuffer.allocateDirect(t.bytes().remaining()).order(ByteOrder.nativeOrder());
            direct.put(t.bytes()).flip();
            long[] shape = t.shape().toArray();
            return switch (t.dtype()) {
                case F32 -> OnnxTensor.createTensor(environment, direct.asFloatBuffer(), shape);
                case F64 -> OnnxTensor.createTensor(environment, direct.asDoubleBuffer(), shape);
                case I64 -> OnnxTensor.createTensor(environment, direct.asLongBuffer(), shape);
                case I32 -> OnnxTensor.createTensor(environment, direct.asIntBuffer(), shape);
                case F16 -> OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.FLOAT16);
                case BF16 -> OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.BFLOAT16);
                case I16 -> OnnxTensor.createTensor(environment, direct.asShortBuffer(), shape);
                case I8 -> OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.INT8);
                case U8 -> OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.UINT8);
                case BOOL -> OnnxTensor.createTensor(environment, direct, shape, OnnxJavaType.BOOL);
            };
        }

        private static HostTensor read(OnnxTensor t) {
            return HostTensor.of(
                    TYPES.getOrDefault(t.getInfo().type, DType.F32),
                    Shape.of(t.getInfo().getShape()),
                    t.getByteBuffer());
        }

        @Override
        public void close() {
            try {
                session.close();
            } catch (OrtException e) {
                throw new EngineFailureException(
                        "ONNX Runtime could not close a session.",
                        String.valueOf(e.getMessage()),
                        "a session that closes",
                        "report this",
                        e);
            }
        }
    }
}
