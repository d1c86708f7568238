// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.training.GradientCollector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.Device;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.EngineFailureException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Node;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.Weights;

/**
 * The one class that touches libtorch. Loading a module, listing its parameters and calling its methods go through
 * classes of DJL that are public but not documented; they are kept together here.
 */
final class TorchSession implements TrainingSession {
    private static final Map<DType, DataType> TYPES = Map.of(
            DType.F32, DataType.FLOAT32,
            DType.F64, DataType.FLOAT64,
            DType.F16, DataType.FLOAT16,
            DType.I64, DataType.INT64,
            DType.I32, DataType.INT32,
            DType.I8, DataType.INT8,
            DType.U8, DataType.UINT8,
            DType.BOOL, DataType.BOOLEAN);

    private final Graph graph;
    private final TorchScriptCode code;
    private final PtNDManager manager;
    private final PtSymbolBlock module;
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> buffers = new LinkedHashMap<>();
    private final List<String> trainable;
    private final TorchUpdate update;
    private final Runnable release;
    private boolean closed;

    private TorchSession(
            Graph graph,
            TorchScriptCode code,
            PtNDManager manager,
            PtSymbolBlock module,
            TrainingEngine.Options options,
            Runnable release)
            throws IOException {
        this.graph = graph;
        this.code = code;
        this.manager = manager;
        this.module = module;
        this.release = release;
        Set<String> names = new LinkedHashSet<>();
        options.groups().forEach(g -> names.addAll(g.parameters()));
        this.trainable = List.copyOf(names);
        for (NDArray p : JniUtils.moduleGetParams(module, manager)) {
            parameters.put(p.getName(), p);
        }
        parameters.forEach((name, p) -> p.setRequiresGradient(names.contains(name)));
        NDList listed = IValueUtils.runMethod(module, "buffers").toNDList(manager);
        int i = 0;
        for (String name : code.buffers()) {
            buffers.put(name, listed.get(i++));
        }
        this.update = new TorchUpdate(manager, options, parameters);
    }

    /** libtorch, once it is known to be there and to have the device. */
    static Engine engine(Device device) {
        // Before any class of DJL is loaded: it would otherwise look for natives on the network and report that it
        // runs.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
        Engine engine;
        try {
            OpenMp.sleepWhileWaiting();
            engine = Engine.getEngine("PyTorch");
        } catch (IllegalArgumentException | EngineException e) {
            throw TorchEngine.missing(e);
        }
        if (device.kind() == Device.Kind.CUDA && engine.getGpuCount() <= device.index()) {
            throw TorchEngine.noCuda(device, engine.getGpuCount(), engine.getVersion());
        }
        return engine;
    }

    static TrainingSession open(Graph graph, Weights weights, TrainingEngine.Options options, Runnable release) {
        Path file = null;
        try {
            engine(options.device());
            JniUtils.setNumThreads(
                    Integer.getInteger(TorchEngine.THREADS, Runtime.getRuntime().availableProcessors()));
            // The graph optimiser gains nothing here and doubles the memory of imported graphs.
            JniUtils.setGraphExecutorOptimize(false);
            Set<String> names = new LinkedHashSet<>();
            options.groups().forEach(g -> names.addAll(g.parameters()));
            TorchScriptCode code = TorchScriptCode.of(graph, names);
            file = Files.createTempFile("tl4j-", ".pt");
            TorchScript.Module module =
                    new TorchScript.Module(code.source(), new LinkedHashMap<>(), new LinkedHashMap<>());
            graph.parameters()
                    .keySet()
                    .forEach(name -> (code.buffers().contains(name) ? module.buffers() : module.parameters())
                            .put(name, weights.get(name)));
            module.buffers().putAll(code.constants());
            TorchScript.write(module, file);
            ai.djl.Device device = options.device().kind() == Device.Kind.CUDA
                    ? ai.djl.Device.gpu(options.device().index())
                    : ai.djl.Device.cpu();
            PtNDManager manager = (PtNDManager) NDManager.newBaseManager(device, "PyTorch");
            boolean toDevice = options.device().kind() == Device.Kind.CUDA;
            PtSymbolBlock block = JniUtils.loadModule(manager, file, toDevice, new String[0], new String[0], true);
            TorchSession session = new TorchSession(graph, code, manager, block, options, release);
            session.setTraining(false);
            return session;
        } catch (EngineException e) {
            String message = String.valueOf(e.getMessage());
            if (message.contains("No deep learning engine")
                    || message.contains("not found")
                    || message.contains("Failed to load PyTorch native")) {
                throw new MissingArtifactException(
                        "Training needs libtorch, which is not on the class path.",
                        message,
                        "ai.djl.pytorch:pytorch-engine, pytorch-jni and pytorch-native-cpu for this system",
                        "add these artefacts (tl-core brings them unless they are excluded); serving a saved model does not need them",
                        e);
            }
            throw new EngineFailureException(
                    "libtorch cannot load the generated code.",
                    message,
                    "code that libtorch reads",
                    "please report this with the model",
                    e);
        } catch (IOException e) {
            throw new EngineFailureException(
                    "The generated code could not be written.",
                    String.valueOf(e.getMessage()),
                    "room for temporary files",
                    "free some space, or set -Djava.io.tmpdir",
                    e);
        } finally {
            if (file != null) {
                file.toFile().delete();
            }
        }
    }

    private void setTraining(boolean training) {
        if (training) {
            JniUtils.enableTrainingMode(module);
        } else {
            JniUtils.enableInferenceMode(module);
        }
    }

    // ------------------------------------------------------------------------------------------- passes

    @Override
    public Map<String, HostTensor> run(Map<String, HostTensor> inputs) {
        if (code.outputs().isEmpty()) {
            return Map.of();
        }
        return answers("forward", code.inputs(), code.outputs(), inputs);
    }

    @Override
    public Map<String, HostTensor> evaluate(Map<String, HostTensor> inputs) {
        List<String> outputs = new ArrayList<>(code.outputs());
        outputs.add(TrainingEngine.LOSS);
        return answers("evaluate", code.evaluateInputs(), outputs, inputs);
    }

    private Map<String, HostTensor> answers(
            String method, List<String> inputNames, List<String> outputNames, Map<String, HostTensor> inputs) {
        setTraining(false);
        try (NDManager step = manager.newSubManager()) {
            NDList answers = call(step, method, inputNames, inputs, false);
            Map<String, HostTensor> out = new LinkedHashMap<>();
            for (int i = 0; i < outputNames.size(); i++) {
                NDArray a = answers.get(i);
                out.put(outputNames.get(i), host(a));
                a.close();
            }
            return out;
        }
    }

    @Override
    public double loss(Map<String, HostTensor> inputs) {
        setTraining(false);
        try (NDManager step = manager.newSubManager()) {
            NDArray loss = call(step, "loss", code.lossInputs(), inputs, false).get(0);
            double value = loss.getFloat();
            loss.close();
            return value;
        }
    }

    @Override
    public double backward(Map<String, HostTensor> inputs, long seed) {
        setTraining(true);
        JniUtils.setSeed(seed);
        try (NDManager step = manager.newSubManager();
                GradientCollector collector = Engine.getEngine("PyTorch").newGradientCollector()) {
            NDArray loss = call(step, "loss", code.lossInputs(), inputs, true).get(0);
            collector.backward(loss);
            double value = loss.getFloat();
            loss.close();
            return value;
        }
    }

    private NDList call(
            NDManager step, String method, List<String> names, Map<String, HostTensor> inputs, boolean gradient) {
        NDList list = new NDList();
        for (String name : names) {
            HostTensor t = inputs.get(name);
            if (t == null) {
                throw new ShapeMismatchException(
                        "Input '" + name + "' is missing.", inputs.keySet(), names, "give every input of the graph");
            }
            var expected = graph.inputs().get(name);
            if (expected != null) {
                Graph.bind(name, expected.shape(), t.shape());
                if (t.dtype() != expected.dtype()) {
                    throw new ShapeMismatchException(
                            "Input '" + name + "' has another element type.", t.type(), expected.type(), "cast it");
                }
            }
            list.add(array(step, t));
        }
        if (!method.equals("forward")) {
            NDArray marker = step.create(0f);
            marker.setName("module_method:" + method);
            list.add(marker);
        }
        try {
            return IValueUtils.forward(module, list, gradient);
        } catch (EngineException e) {
            throw failed(String.valueOf(e.getMessage()), inputs, e);
        }
    }

    private EngineFailureException failed(String message, Map<String, HostTensor> inputs, EngineException e) {
        String types = inputs.entrySet().stream()
                .map(i -> i.getKey() + " " + i.getValue().type())
                .collect(Collectors.joining(", "));
        String reason = message.lines()
                .filter(l -> l.startsWith("RuntimeError") || l.contains("Error:"))
                .reduce((a, b) -> b)
                .orElse(message);
        Node node = code.nodeOf(message).orElse(null);
        return node == null
                ? new EngineFailureException(
                        "libtorch failed in the generated code.",
                        reason + "; inputs " + types,
                        "inputs that the graph takes",
                        "check their lengths",
                        e)
                : new EngineFailureException(
                        node + " failed in libtorch.",
                        reason + "; inputs " + types,
                        node.inputs().stream().map(v -> v.type().toString()).collect(Collectors.joining(", "))
                                + " at this node",
                        "check the data against the shapes of '" + node.path() + "'",
                        e);
    }

    // ------------------------------------------------------------------------------------------- updates

    @Override
    public Map<String, Double> gradientNorms() {
        Map<String, Double> norms = new LinkedHashMap<>();
        for (String name : trainable) {
            try (NDArray gradient = gradient(name)) {
                if (gradient != null) {
                    double sum = 0;
                    for (float f : gradient.toFloatArray()) {
                        sum += (double) f * f;
                    }
                    norms.put(name, Math.sqrt(sum));
                }
            }
        }
        return norms;
    }

    private @Nullable NDArray gradient(String name) {
        NDArray p = parameters.get(name);
        return p == null ? null : JniUtils.getGradient((PtNDArray) p);
    }

    @Override
    public double step(double rate, double clipNorm) {
        Map<String, NDArray> gradients = new LinkedHashMap<>();
        try {
            for (String name : trainable) {
                NDArray g = gradient(name);
                if (g != null) {
                    gradients.put(name, g);
                }
            }
            return update.step(gradients, rate, clipNorm);
        } finally {
            gradients.values().forEach(NDArray::close);
            for (String name : trainable) {
                NDArray p = parameters.get(name);
                if (p != null && gradients.containsKey(name)) {
                    JniUtils.zeroGrad((PtNDArray) p);
                }
            }
        }
    }

    // ------------------------------------------------------------------------------------------- weights

    @Override
    public Weights weights() {
        Map<String, HostTensor> all = new LinkedHashMap<>();
        for (String name : graph.parameters().keySet()) {
            NDArray a = parameters.containsKey(name) ? parameters.get(name) : buffers.get(name);
            if (a != null) {
                all.put(name, host(a));
            }
        }
        return Weights.of(all);
    }

    @Override
    public Weights averages() {
        return update.averages();
    }

    @Override
    public void set(Weights weights) {
        weights.tensors().forEach((name, t) -> {
            NDArray target = parameters.containsKey(name) ? parameters.get(name) : buffers.get(name);
            if (target == null) {
                throw new UnknownNameException(
                        "parameter", name, graph.parameters().keySet(), "name parameters of the graph");
            }
            copy(t, target);
        });
    }

    @Override
    public Weights state() {
        return update.state();
    }

    @Override
    public void restore(Weights state) {
        update.restore(state);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            update.close();
            module.close();
            manager.close();
            release.run();
        }
    }

    // ------------------------------------------------------------------------------------------- tensors

    static NDArray array(NDManager manager, HostTensor t) {
        DataType type = TYPES.get(t.dtype());
        if (type == null) {
            throw new ShapeMismatchException(
                    "libtorch takes no inputs of this element type.", t.type(), TYPES.keySet(), "cast it to f32");
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(t.bytes().remaining()).order(ByteOrder.nativeOrder());
        direct.put(t.bytes()).flip();
        return manager.create(direct, new ai.djl.ndarray.types.Shape(t.shape().toArray()), type);
    }

    static HostTensor host(NDArray a) {
        Shape shape = Shape.of(a.getShape().getShape());
        for (Map.Entry<DType, DataType> e : TYPES.entrySet()) {
            if (e.getValue() == a.getDataType()) {
                // The bytes may lie in libtorch's own memory, which the next step overwrites.
                ByteBuffer from = a.toByteBuffer();
                ByteBuffer copy = HostTensor.allocate(e.getKey(), shape.elements());
                copy.put(0, from, from.position(), copy.capacity());
                return HostTensor.of(e.getKey(), shape, copy);
            }
        }
        throw new EngineFailureException(
                "libtorch gave an element type that is not read.",
                a.getDataType(),
                TYPES.values(),
                "cast the output to f32");
    }

    static void copy(HostTensor from, NDArray to) {
        if (!from.shape().equals(Shape.of(to.getShape().getShape()))) {
            throw new ShapeMismatchException(
                    "Weights of another shape were set.", from.type(), to.getShape(), "check the names");
        }
        ByteBuffer direct = ByteBuffer.allocateDirect(from.bytes().remaining()).order(ByteOrder.nativeOrder());
        direct.put(from.bytes()).flip();
        to.set(direct);
    }

    /** The parameters of a group that a pass reached. */
    static List<String> reached(ParameterGroup group, Map<String, NDArray> gradients) {
        return group.parameters().stream().filter(gradients::containsKey).toList();
    }

    /** The arrays of some names. */
    static PtNDArray[] arrays(List<String> names, Map<String, NDArray> from) {
        List<PtNDArray> out = new ArrayList<>();
        for (String n : names) {
            NDArray a = from.get(n);
            if (a instanceof PtNDArray p) {
                out.add(p);
            }
        }
        return out.toArray(PtNDArray[]::new);
    }
}
