// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tl4j.engine.Optimizer;
import org.tl4j.engine.ParameterGroup;
import org.tl4j.engine.TrainingEngine;
import org.tl4j.error.CorruptFileException;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * The update of the parameters, a TorchScript module of its own over lists of tensors: one native call for clipping,
 * one a group. What it remembers are ordinary tensors that can be read and put back.
 *
 * <p>SGD without momentum rounds the product of rate and gradient before it subtracts it, as {@code p -= lr * g} does
 * in Python, and does not fuse the two: training amplifies a last bit, and parity fixtures are written so.
 */
final class TorchUpdate implements AutoCloseable {
    private static final String CODE = """
              def forward(self,
                x: Tensor) -> Tensor:
                return x
              def clip(self,
                g: List[Tensor],
                limit: float) -> float:
                norms = torch._foreach_norm(g, 2)
                total = torch.linalg_vector_norm(torch.stack(norms), 2)
                norm = float(total)
                if torch.gt(limit, 0.):
                  factor = torch.clamp(torch.div(limit, torch.add(total, 1e-06)), None, 1.)
                  torch._foreach_mul_(g, factor)
                else:
                  pass
                return norm
              def adamw(self,
                p: List[Tensor],
                g: List[Tensor],
                m: List[Tensor],
                v: List[Tensor],
                s: List[Tensor],
                lr: float,
                wd: float,
                beta1: float,
                beta2: float,
                eps: float) -> int:
                torch._foreach_add_(s, 1)
                torch._fused_adamw_(p, g, m, v, annotate(List[Tensor], []), s, lr=lr, beta1=beta1, beta2=beta2, weight_decay=wd, eps=eps, amsgrad=False, maximize=False)
                return 0
              def sgd(self,
                p: List[Tensor],
                g: List[Tensor],
                m: List[Tensor],
                lr: float,
                wd: float,
                momentum: float,
                nesterov: bool,
                first: bool) -> int:
                if torch.ne(wd, 0.):
                  torch._foreach_add_(g, p, alpha=wd)
                else:
                  pass
                if torch.ne(momentum, 0.):
                  if first:
                    torch._foreach_zero_(m)
                    torch._foreach_add_(m, g)
                  else:
                    torch._foreach_mul_(m, momentum)
                    torch._foreach_add_(m, g)
                  if nesterov:
                    torch._foreach_add_(g, m, alpha=momentum)
                    torch._foreach_add_(p, g, alpha=torch.neg(lr))
                  else:
                    torch._foreach_add_(p, m, alpha=torch.neg(lr))
                else:
                  torch._foreach_mul_(g, lr)
                  torch._foreach_sub_(p, g)
                return 0
              def average(self,
                a: List[Tensor],
                p: List[Tensor],
                weight: float) -> int:
                torch._foreach_lerp_(a, p, weight)
                return 0
            """;

    private final List<ParameterGroup> groups;
    private final Optimizer optimizer;
    private final double averaging;
    private final Map<String, NDArray> parameters;
    private final Map<String, Map<String, NDArray>> state = new LinkedHashMap<>();
    private final PtSymbolBlock module;
    private final PtNDManager manager;

    TorchUpdate(PtNDManager parent, TrainingEngine.Options options, Map<String, NDArray> parameters)
            throws IOException {
        this.groups = options.groups();
        this.optimizer = options.optimizer();
        this.averaging = options.averaging();
        this.parameters = parameters;
        this.manager = (PtNDManager) parent.newSubManager();
        Path file = Files.createTempFile("tl4j-update-", ".pt");
        try {
            TorchScript.write(new TorchScript.Module(CODE, Map.of(), Map.of()), file);
            module = JniUtils.loadModule(manager, file, false, new String[0], new String[0], false);
        } finally {
            Files.deleteIfExists(file);
        }
        if (optimizer instanceof Optimizer.AdamW) {
            for (String kind : List.of("adamw.exp_avg", "adamw.exp_avg_sq", "adamw.step")) {
                state.put(kind, new LinkedHashMap<>());
            }
        } else {
            state.put("sgd.momentum", new LinkedHashMap<>());
            state.put("sgd.step", new LinkedHashMap<>());
        }
        if (averaging > 0) {
            state.put("average.value", new LinkedHashMap<>());
            state.put("average.step", new LinkedHashMap<>());
        }
        for (ParameterGroup g : groups) {
            for (String name : g.parameters()) {
                NDArray p = parameters.get(name);
                if (p != null) {
                    state.forEach((kind, arrays) -> arrays.put(
                            name,
                            kind.equals("average.value")
                                    ? copy(p)
                                    : kind.endsWith(".step") ? manager.create(0f) : manager.zeros(p.getShape())));
                }
            }
        }
    }

    private NDArray copy(NDArray p) {
        return TorchSession.array(manager, TorchSession.host(p));
    }

    /** Clips all gradients together, then moves each group. */
    double step(Map<String, NDArray> gradients, double rate, double clipNorm) {
        List<String> all = groups.stream()
                .flatMap(g -> TorchSession.reached(g, gradients).stream())
                .toList();
        if (all.isEmpty()) {
            return 0;
        }
        double norm = call("clip", IValue.listFrom(TorchSession.arrays(all, gradients)), IValue.from(clipNorm));
        for (ParameterGroup group : groups) {
            List<String> names = TorchSession.reached(group, gradients);
            if (names.isEmpty()) {
                continue;
            }
            List<IValue> arguments = new ArrayList<>(List.of(list(names, parameters), list(names, gradients)));
            double scaled = rate * group.rateScale();
            if (optimizer instanceof Optimizer.AdamW a) {
                arguments.addAll(List.of(
                        list(names, of("adamw.exp_avg")),
                        list(names, of("adamw.exp_avg_sq")),
                        list(names, of("adamw.step")),
                        IValue.from(scaled),
                        IValue.from(group.weightDecay()),
                        IValue.from(a.beta1()),
                        IValue.from(a.beta2()),
                        IValue.from(a.epsilon())));
                call("adamw", arguments.toArray(IValue[]::new));
            } else if (optimizer instanceof Optimizer.Sgd s) {
                sgd(names, arguments, s, scaled, group.weightDecay());
            }
        }
        if (averaging > 0) {
            average();
        }
        return norm;
    }

    /**
     * As {@code torch.optim.swa_utils}: of all trained parameters, and the first average is what the first step made.
     */
    private void average() {
        List<String> names = List.copyOf(of("average.value").keySet());
        double weight = isFirst("average.step", names) ? 1 : 1 - averaging;
        call("average", list(names, of("average.value")), list(names, parameters), IValue.from(weight));
    }

    /** Whether these parameters were never counted under that kind; from now on they are. */
    private boolean isFirst(String kind, List<String> names) {
        NDArray counter = of(kind).get(names.get(0));
        if (counter == null || counter.getFloat() != 0) {
            return false;
        }
        for (PtNDArray c : TorchSession.arrays(names, of(kind))) {
            c.addi(1f);
        }
        return true;
    }

    private void sgd(List<String> names, List<IValue> arguments, Optimizer.Sgd s, double rate, double decay) {
        arguments.addAll(List.of(
                list(names, of("sgd.momentum")),
                IValue.from(rate),
                IValue.from(decay),
                IValue.from(s.momentum()),
                IValue.from(s.nesterov()),
                IValue.from(isFirst("sgd.step", names))));
        call("sgd", arguments.toArray(IValue[]::new));
    }

    private Map<String, NDArray> of(String kind) {
        return state.getOrDefault(kind, Map.of());
    }

    private static IValue list(List<String> names, Map<String, NDArray> from) {
        return IValue.listFrom(TorchSession.arrays(names, from));
    }

    private double call(String method, IValue... arguments) {
        try (IValue answer = IValueUtils.runMethod(module, method, arguments)) {
            return answer.isDouble() ? answer.toDouble() : answer.toLong();
        } finally {
            for (IValue a : arguments) {
                a.close();
            }
        }
    }

    Weights averages() {
        Map<String, HostTensor> out = new LinkedHashMap<>();
        of("average.value").forEach((name, a) -> out.put(name, TorchSession.host(a)));
        return Weights.of(out);
    }

    Weights state() {
        Map<String, HostTensor> out = new LinkedHashMap<>();
        state.forEach((kind, arrays) -> arrays.forEach((name, a) -> out.put(kind + "." + name, TorchSession.host(a))));
        return Weights.of(out);
    }

    void restore(Weights saved) {
        state.forEach((kind, arrays) -> arrays.forEach((name, a) -> {
            HostTensor t = saved.find(kind + "." + name);
            if (t == null) {
                throw new CorruptFileException(
                        "The state of the optimiser is incomplete.",
                        "no '" + kind + "." + name + "'",
                        "what the same optimiser saved",
                        "resume with the options the run was started with");
            }
            TorchSession.copy(t, a);
        }));
    }

    @Override
    public void close() {
        module.close();
        manager.close();
    }
}
