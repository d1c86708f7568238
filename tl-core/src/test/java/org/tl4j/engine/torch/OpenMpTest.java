// SPDX-License-Identifier: Apache-2.0
package org.tl4j.engine.torch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfEnvironmentVariable;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.tl4j.engine.Device;

class OpenMpTest {
    @Test
    @DisabledOnOs(OS.WINDOWS)
    @DisabledIfEnvironmentVariable(named = "OMP_WAIT_POLICY", matches = ".*")
    void libtorchIsLoadedWithThreadsThatSleepWhileTheyWait() {
        new TorchEngine().require(Device.CPU);

        assertThat(OpenMp.policy()).isEqualTo("PASSIVE");
    }
}
