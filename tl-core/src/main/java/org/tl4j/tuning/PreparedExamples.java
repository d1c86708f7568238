// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tl4j.data.Dataset;
import org.tl4j.model.Preprocessor;
import org.tl4j.tensor.HostTensor;

/**
 * A data set through a preprocessor: at once for what is small, such as texts, else each time an example is asked for.
 */
final class PreparedExamples<X, Y> implements Examples<Y> {
    private final Dataset<X, Y> data;
    private final Preprocessor<X> preprocessor;
    private final @Nullable List<Map<String, HostTensor>> kept;

    PreparedExamples(Dataset<X, Y> data, Preprocessor<X> preprocessor, boolean keep) {
        this.data = data;
        this.preprocessor = preprocessor;
        this.kept = keep ? preprocessor.encodeAll(data.inputs()) : null;
    }

    @Override
    public int size() {
        return data.size();
    }

    @Override
    public Map<String, HostTensor> inputs(int index) {
        return kept == null ? preprocessor.encode(data.get(index).input()) : kept.get(index);
    }

    @Override
    public Y target(int index) {
        return data.get(index).target();
    }

    @Override
    public int length(int index) {
        if (kept == null) {
            return 0;
        }
        return kept.get(index).values().stream()
                .mapToInt(t -> t.shape().rank() == 0 ? 0 : (int) t.shape().size(0))
                .max()
                .orElse(0);
    }

    @Override
    public String fingerprint() {
        return Run.sha256(List.of(data.sha256(), preprocessor.config().toString()));
    }
}
