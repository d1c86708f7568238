// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import java.io.IOException;
import java.util.Map;
import org.tl4j.tensor.HostTensor;

/** A check of a network that runs. */
@FunctionalInterface
interface RunCheck {
    /** Checks a network with a batch of three examples. */
    void accept(BuiltBackbone built, Map<String, HostTensor> inputs) throws IOException;
}
