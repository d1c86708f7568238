// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.detector;

import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import libsvm.svm;
import libsvm.svm_model;
import org.tl4j.error.Checks;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.graph.Graph;
import org.tl4j.graph.Op;
import org.tl4j.graph.Value;
import org.tl4j.model.Config;
import org.tl4j.tensor.DType;
import org.tribuo.MutableDataset;
import org.tribuo.anomaly.AnomalyFactory;
import org.tribuo.anomaly.Event;
import org.tribuo.anomaly.libsvm.LibSVMAnomalyTrainer;
import org.tribuo.anomaly.libsvm.SVMAnomalyType;
import org.tribuo.common.libsvm.KernelType;
import org.tribuo.common.libsvm.SVMParameters;
import org.tribuo.impl.ArrayExample;
import org.tribuo.provenance.SimpleDataSourceProvenance;

/**
 * One-class support vector machine with a Gaussian kernel: Bernhard Schölkopf, John Platt, John Shawe-Taylor, Alex
 * Smola, Robert Williamson, "Estimating the Support of a High-Dimensional Distribution", Neural Computation 2001; by
 * LibSVM through Tribuo. Time grows with the square of the rows: beyond some ten thousand take
 * {@link LinearOneClassSvm}.
 *
 * <p>The score is LibSVM's decision value negated and divided by the sum of the coefficients, so that it lies between
 * -1 and 1 whatever the number of rows; above 0 lies what LibSVM calls an outlier. {@link Fitted#decisionValues} gives
 * LibSVM's own.
 *
 * @param nu an upper bound of the share of training rows outside, a lower one of the share of support vectors
 * @param gamma of the kernel {@code exp(-gamma |a - b|²)}; 0 means 1 / F
 * @param tolerance at which the solver stops
 * @param scaling {@code standard}, {@code min-max} or {@code none}
 */
public record OneClassSvm(double nu, double gamma, double tolerance, String scaling) implements DetectorFamily {
    /** The name on the command line. */
    public static final String ID = "one-class-svm";

    private static final double CACHE_MEGABYTES = 256;

    /** Checks the ranges. */
    public OneClassSvm {
        requireNu(nu);
        Checks.notNegative("gamma", gamma);
        Checks.positive("tolerance", tolerance);
        Scaling.Kind.named(scaling);
    }

    static void requireNu(double nu) {
        if (!(nu > 0 && nu <= 1)) {
            throw new InvalidArgumentException(
                    "A one-class SVM cannot have such a share of outliers.",
                    "nu = " + nu,
                    "above 0 and at most 1",
                    "use 0.5 where nothing is known");
        }
    }

    /** Nu 0.5, gamma 1 / F, columns standardised. */
    public static OneClassSvm defaults() {
        return new OneClassSvm(0.5, 0, 1e-3, "standard");
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public String title() {
        return "a boundary around the data by support vectors (Schölkopf et al. 2001, LibSVM): up to 20,000 rows";
    }

    @Override
    public Fitted fit(float[][] rows, long seed) {
        int width = Rows.requireLearnable(rows);
        Scaling scale = Scaling.fit(Scaling.Kind.named(scaling), rows);
        float[][] scaled = scale.apply(rows);
        double g = gamma == 0 ? 1.0 / width : gamma;
        svm_model model = train(scaled, g);
        int[] chosen = IntStream.of(model.sv_indices).map(i -> i - 1).toArray();
        return new Fitted(scale, Rows.at(scaled, chosen), model.sv_coef[0].clone(), model.rho[0], g, nu);
    }

    private svm_model train(float[][] rows, double g) {
        // LibSVM writes to standard output otherwise; the switch is one for the whole JVM.
        svm.svm_set_print_string_function(text -> {});
        AnomalyFactory factory = new AnomalyFactory();
        MutableDataset<Event> data = new MutableDataset<>(new SimpleDataSourceProvenance("rows", factory), factory);
        int width = rows[0].length;
        String[] names = new String[width];
        Arrays.setAll(names, j -> String.format(java.util.Locale.ROOT, "%08d", j));
        for (float[] row : rows) {
            double[] values = new double[width];
            Arrays.setAll(values, j -> row[j]);
            data.add(new ArrayExample<>(AnomalyFactory.EXPECTED_EVENT, names, values));
        }
        SVMParameters<Event> parameters =
                new SVMParameters<>(new SVMAnomalyType(SVMAnomalyType.SVMMode.ONE_CLASS), KernelType.RBF);
        parameters.setNu(nu);
        parameters.setGamma(g);
        // Tribuo's setEpsilon sets the tube of a regression; this is where the solver stops.
        parameters.getParameters().eps = tolerance;
        parameters.setCacheSize(CACHE_MEGABYTES);
        return new LibSVMAnomalyTrainer(parameters)
                .train(data, Map.of())
                .getInnerModels()
                .get(0);
    }

    /** Support vectors with their coefficients. */
    public static final class Fitted implements Detector {
        private final Scaling scaling;
        private final float[][] vectors;
        private final double[] coefficients;
        private final double rho;
        private final double gamma;
        private final double nu;
        private final double total;

        private Fitted(Scaling scaling, float[][] vectors, double[] coefficients, double rho, double gamma, double nu) {
            this.scaling = scaling;
            this.vectors = vectors;
            this.coefficients = coefficients;
            this.rho = rho;
            this.gamma = gamma;
            this.nu = nu;
            this.total = Arrays.stream(coefficients).sum();
        }

        @Override
        public String family() {
            return ID;
        }

        @Override
        public int width() {
            return vectors[0].length;
        }

        /** Number of support vectors. */
        public int supportVectors() {
            return vectors.length;
        }

        /** LibSVM's decision values: above 0 for what it takes for normal. */
        public double[] decisionValues(float[][] rows) {
            Rows.requireFinite(rows, width());
            return IntStream.range(0, rows.length)
                    .parallel()
                    .mapToDouble(i -> {
                        float[] x = scaling.apply(rows[i]);
                        double sum = -rho;
                        for (int s = 0; s < vectors.length; s++) {
                            sum += coefficients[s] * Math.exp(-gamma * Distances.squared(x, vectors[s]));
                        }
                        return sum;
                    })
                    .toArray();
        }

        @Override
        public double[] scores(float[][] rows) {
            return Arrays.stream(decisionValues(rows)).map(d -> -d / total).toArray();
        }

        @Override
        public Answer build(Graph graph, Value features) {
            Value squared = Distances.squared(graph, scaling.build(graph, features), vectors); // f64[N, M]
            Value kernel = graph.unary(
                    Op.UnaryKind.EXP, graph.mul(squared, graph.constant(Rows.doubles(new double[] {-gamma}, 1, 1))));
            double[] weights = Arrays.stream(coefficients).map(c -> -c / total).toArray();
            Value sum = graph.matMul(kernel, graph.constant(Rows.doubles(weights, weights.length, 1)));
            Value score = graph.add(sum, graph.constant(Rows.doubles(new double[] {rho / total}, 1, 1)));
            return new Answer(graph.squeeze(graph.cast(score, DType.F32), 1), null);
        }

        @Override
        public Config describe() {
            return Config.empty()
                    .with("family", ID)
                    .with("nu", nu)
                    .with("gamma", gamma)
                    .with("supportVectors", vectors.length)
                    .with("scaling", scaling.kind().toString());
        }
    }
}
