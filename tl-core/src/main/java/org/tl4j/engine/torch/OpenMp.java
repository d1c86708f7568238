// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;

/**
 * How libtorch's threads wait for each other. OpenMP reads that from the environment of the process, once, when it is
 * loaded; Java has no way of its own to change that.
 */
final class OpenMp {
    private static final String POLICY = "OMP_WAIT_POLICY";

    private OpenMp() {}

    /**
     * Has threads sleep while they wait, unless the user set {@value #POLICY}; to be called before libtorch is loaded.
     *
     * <p>By default they spin for milliseconds at the end of every operation. On a machine whose cores others use, too,
     * or in a container with a share of them, the thread that all wait for does not get to run while they do: steps
     * took ten times longer. Where nobody else runs, waking a thread costs some microseconds an operation.
     */
    static void sleepWhileWaiting() {
        if (Platform.isWindows()) {
            return;
        }
        try {
            Function set = NativeLibrary.getProcess().getFunction("setenv");
            set.invokeInt(new Object[] {POLICY, "PASSIVE", 0});
        } catch (LinkageError e) {
            // Without it training is right, and only slower where others use the processors, too.
            System.getLogger(OpenMp.class.getName())
                    .log(System.Logger.Level.DEBUG, "the policy of OpenMP could not be set", e);
        }
    }

    /** The policy as native code sees it, or empty. */
    static String policy() {
        if (Platform.isWindows()) {
            return "";
        }
        String value = NativeLibrary.getProcess().getFunction("getenv").invokeString(new Object[] {POLICY}, false);
        return value == null ? "" : value;
    }
}
