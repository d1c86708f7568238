// SPDX-License-Identifier: Apache-2.0
package org.tl4j.tuning;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import org.tl4j.error.EngineFailureException;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.Weights;

/**
 * That frozen tensors came out of training as they went in, bit for bit; running statistics of frozen batch norms
 * included.
 *
 * @param tensors how many were compared
 * @param values how many values they hold
 * @param sha256 over their names and contents, in order of name
 */
public record FreezeProof(int tensors, long values, String sha256) {

    /** Compares the named tensors; one bit of difference is an error that names the tensors. */
    public static FreezeProof of(Weights before, Weights after, Set<String> frozen) {
        List<String> moved = new ArrayList<>();
        long values = 0;
        MessageDigest digest = digest();
        for (String name : frozen.stream().sorted().toList()) {
            HostTensor was = before.get(name);
            HostTensor is = after.get(name);
            values += was.elements();
            digest.update(name.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            digest.update(is.bytes());
            if (!was.bitEquals(is)) {
                moved.add(name);
            }
        }
        if (!moved.isEmpty()) {
            throw new EngineFailureException(
                    "Frozen tensors changed in training.",
                    moved.size() + " of " + frozen.size() + ": "
                            + String.join(", ", moved.subList(0, Math.min(10, moved.size()))),
                    "every frozen tensor as it was, bit for bit",
                    "please report this with the command you ran; the model was not saved");
        }
        return new FreezeProof(frozen.size(), values, HexFormat.of().formatHex(digest.digest()));
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    /** A sentence for the log. */
    @Override
    public String toString() {
        return tensors == 0
                ? "nothing was frozen"
                : tensors + " frozen tensors (" + String.format(java.util.Locale.ROOT, "%,d", values)
                        + " values) are bit-identical after training, sha256 " + sha256.substring(0, 16);
    }
}
