// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.tl4j.engine.TrainingSession;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.tensor.DType;
import org.tl4j.tensor.HostTensor;
import org.tl4j.tensor.Shape;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * Where a training stands, and the file from which it resumes to the same bits: one safetensors file that holds the
 * weights, all that the optimiser remembers, the best weights so far, and the position as JSON.
 */
final class Run {
    // A score may be no number, and still has to come back.
    private static final Gson JSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();
    private static final String FORMAT = "tl4j-checkpoint/1";
    private static final String POSITION = "position";
    private static final String TRAINED = "trained/";
    private static final String CURRENT = "current/";
    private static final String STATE = "state/";
    private static final String BEST = "best/";

    private final @Nullable Path file;
    private final String fingerprint;
    private long lastSave = System.nanoTime();
    private long epochBegin = System.nanoTime();
    private Weights resumeCurrent = Weights.none();
    private Weights resumeState = Weights.none();

    final History history = new History();
    /** Weights that earlier phases changed. */
    Weights trained = Weights.none();
    /** Weights of the best epoch of this phase. */
    Weights best = Weights.none();
    /** Names that this phase changes. */
    Set<String> moving = new LinkedHashSet<>();

    int phase;
    int epoch;
    int stepInEpoch;
    long phaseStep;
    long step;
    boolean stopped;
    private double epochLoss;
    private double bestScore = Double.NEGATIVE_INFINITY;
    private double bestLoss = Double.POSITIVE_INFINITY;
    private int badEpochs;

    private Run(@Nullable Path file, String fingerprint) {
        this.file = file;
        this.fingerprint = fingerprint;
    }

    /** The position as JSON; numbers are written so that they read back to the same bits. */
    private record Position(
            String format,
            String fingerprint,
            int phase,
            int epoch,
            int stepInEpoch,
            long phaseStep,
            long step,
            boolean stopped,
            double epochLoss,
            @Nullable Double bestScore,
            @Nullable Double bestLoss,
            int badEpochs,
            List<Double> losses,
            List<Map<String, Object>> epochs) {}

    /** A run at its beginning, or where its checkpoint left it. */
    static Run resume(TrainingOptions options, Supplier<String> fingerprint, TrainingListener listener) {
        Path file = options.checkpoint();
        if (file == null) {
            return new Run(null, "");
        }
        Run run = new Run(file, fingerprint.get());
        if (Files.exists(file)) {
            run.read(file);
            listener.note("resuming from " + file + ": phase " + (run.phase + 1) + ", epoch " + (run.epoch + 1)
                    + ", step " + run.step);
        }
        return run;
    }

    private void read(Path path) {
        Weights all = WeightFile.read(path);
        HostTensor json = all.find(POSITION);
        if (json == null || json.dtype() != DType.U8) {
            throw new CorruptFileException(
                    "'" + path + "' is no checkpoint.",
                    all.names().size() + " tensors without '" + POSITION + "'",
                    FORMAT,
                    "name the folder of the run that was interrupted");
        }
        Position p = position(json, path);
        if (!FORMAT.equals(p.format())) {
            throw new CorruptFileException(
                    "Checkpoint '" + path + "' is of another format.",
                    p.format(),
                    FORMAT,
                    "resume with the version that wrote it");
        }
        if (!p.fingerprint().equals(fingerprint)) {
            throw new InvalidArgumentException(
                    "Checkpoint '" + path + "' belongs to another run.",
                    "fingerprint " + shortened(p.fingerprint()),
                    "fingerprint " + shortened(fingerprint) + " of this model, these data, options and phases",
                    "resume with the options it was started with, or start anew in another folder");
        }
        phase = p.phase();
        epoch = p.epoch();
        stepInEpoch = p.stepInEpoch();
        phaseStep = p.phaseStep();
        step = p.step();
        stopped = p.stopped();
        epochLoss = p.epochLoss();
        bestScore = Optional.ofNullable(p.bestScore()).orElse(Double.NEGATIVE_INFINITY);
        bestLoss = Optional.ofNullable(p.bestLoss()).orElse(Double.POSITIVE_INFINITY);
        badEpochs = p.badEpochs();
        p.losses().forEach(history::step);
        p.epochs().forEach(e -> history.epoch(epochOf(e)));
        trained = part(all, TRAINED);
        best = part(all, BEST);
        resumeCurrent = part(all, CURRENT);
        resumeState = part(all, STATE);
    }

    private static String shortened(String fingerprint) {
        return fingerprint.substring(0, Math.min(12, fingerprint.length()));
    }

    private static Position position(HostTensor json, Path path) {
        byte[] text = new byte[json.elements()];
        json.bytes().get(text);
        Position p;
        try {
            p = JSON.fromJson(new String(text, StandardCharsets.UTF_8), Position.class);
        } catch (JsonParseException e) {
            throw unreadable(path, String.valueOf(e.getMessage()), e);
        }
        if (p == null || p.fingerprint() == null || p.losses() == null || p.epochs() == null) {
            throw unreadable(path, "a position without all of its parts", null);
        }
        return p;
    }

    private static CorruptFileException unreadable(Path path, String found, @Nullable Throwable cause) {
        return new CorruptFileException(
                "The position in checkpoint '" + path + "' cannot be read.",
                found,
                "what " + FORMAT + " holds",
                "start anew in another folder; the checkpoint is left as it is",
                cause);
    }

    private static Weights part(Weights all, String prefix) {
        Map<String, HostTensor> part = new LinkedHashMap<>();
        all.tensors().forEach((name, t) -> {
            if (name.startsWith(prefix)) {
                part.put(name.substring(prefix.length()), t);
            }
        });
        return Weights.of(part);
    }

    /** Begins or goes on with a phase in a session that was loaded with the weights of the phase's beginning. */
    void enter(TrainingSession session, Set<String> moved) {
        moving = moved;
        epochBegin = System.nanoTime();
        if (!resumeCurrent.names().isEmpty()) {
            session.set(resumeCurrent);
            session.restore(resumeState);
            resumeCurrent = Weights.none();
            resumeState = Weights.none();
        }
    }

    void stepDone(double loss) {
        history.step(loss);
        epochLoss += loss;
        stepInEpoch++;
        phaseStep++;
        step++;
    }

    /** Whether this epoch is better than every earlier one of the phase; equal scores are told apart by the loss. */
    boolean isBest(double score, double loss) {
        boolean better = score > bestScore || score == bestScore && loss < bestLoss;
        if (better) {
            bestScore = score;
            bestLoss = loss;
            badEpochs = 0;
        } else {
            badEpochs++;
        }
        return better;
    }

    History.Epoch judged(Map<String, Double> scores, boolean isBest) {
        double seconds = (System.nanoTime() - epochBegin) / 1e9;
        History.Epoch done = new History.Epoch(
                phase, epoch + 1, step, epochLoss / Math.max(1, stepInEpoch), scores, isBest, seconds);
        history.epoch(done);
        return done;
    }

    void epochDone(int patience) {
        stopped = patience > 0 && badEpochs >= patience;
        epoch++;
        stepInEpoch = 0;
        epochLoss = 0;
        epochBegin = System.nanoTime();
    }

    /** The weights that a phase ends with: those of its best epoch, or the last ones where none was judged. */
    Weights kept(Weights last) {
        return best.names().isEmpty() ? last : best;
    }

    void nextPhase() {
        phase++;
        epoch = 0;
        stepInEpoch = 0;
        phaseStep = 0;
        stopped = false;
        epochLoss = 0;
        bestScore = Double.NEGATIVE_INFINITY;
        bestLoss = Double.POSITIVE_INFINITY;
        badEpochs = 0;
        best = Weights.none();
    }

    /** Writes the checkpoint if the last one is older than that. */
    void saveIfDue(TrainingSession session, long nanos) {
        Path path = file;
        if (path == null || System.nanoTime() - lastSave < nanos) {
            return;
        }
        Map<String, HostTensor> all = new LinkedHashMap<>();
        byte[] json = JSON.toJson(position()).getBytes(StandardCharsets.UTF_8);
        all.put(POSITION, HostTensor.of(DType.U8, Shape.of(json.length), ByteBuffer.wrap(json)));
        trained.tensors().forEach((name, t) -> all.put(TRAINED + name, t));
        session.weights().only(moving).tensors().forEach((name, t) -> all.put(CURRENT + name, t));
        session.state().tensors().forEach((name, t) -> all.put(STATE + name, t));
        best.tensors().forEach((name, t) -> all.put(BEST + name, t));
        WeightFile.writeSafetensors(Weights.of(all), Map.of("format", FORMAT), path);
        lastSave = System.nanoTime();
    }

    private Position position() {
        return new Position(
                FORMAT,
                fingerprint,
                phase,
                epoch,
                stepInEpoch,
                phaseStep,
                step,
                stopped,
                epochLoss,
                Double.isInfinite(bestScore) ? null : bestScore,
                Double.isInfinite(bestLoss) ? null : bestLoss,
                badEpochs,
                history.losses(),
                history.epochs().stream().map(Run::mapOf).toList());
    }

    private static Map<String, Object> mapOf(History.Epoch e) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("phase", e.phase());
        map.put("epoch", e.epoch());
        map.put("step", e.step());
        map.put("trainLoss", e.trainLoss());
        map.put("validation", e.validation());
        map.put("best", e.best());
        map.put("seconds", e.seconds());
        return map;
    }

    private static History.Epoch epochOf(Map<String, Object> map) {
        Map<String, Double> validation = new HashMap<>();
        if (map.get("validation") instanceof Map<?, ?> scores) {
            scores.forEach((name, value) -> validation.put(String.valueOf(name), number(value)));
        }
        return new History.Epoch(
                (int) number(map.get("phase")),
                (int) number(map.get("epoch")),
                (long) number(map.get("step")),
                number(map.get("trainLoss")),
                validation,
                Boolean.TRUE.equals(map.get("best")),
                number(map.get("seconds")));
    }

    private static double number(@Nullable Object value) {
        return value instanceof Number n ? n.doubleValue() : Double.NaN;
    }

    static String sha256(List<String> parts) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            for (String part : parts) {
                byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
                digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
                digest.update(bytes);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
