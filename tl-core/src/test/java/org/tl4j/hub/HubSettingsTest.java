// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.InvalidArgumentException;

class HubSettingsTest {
    @TempDir
    private Path temp;

    @Test
    void keepsWhereHuggingFaceKeeps() {
        assertThat(HubSettings.of(Map.of("HOME", "/h")).huggingFaceCache())
                .isEqualTo(Path.of("/h/.cache/huggingface/hub"));
        assertThat(HubSettings.of(Map.of("HOME", "/h", "XDG_CACHE_HOME", "/x")).huggingFaceCache())
                .isEqualTo(Path.of("/x/huggingface/hub"));
        assertThat(HubSettings.of(Map.of("HOME", "/h", "XDG_CACHE_HOME", "/x", "HF_HOME", "~/y"))
                        .huggingFaceCache())
                .isEqualTo(Path.of("/h/y/hub"));
        assertThat(HubSettings.of(Map.of("HOME", "/h", "HF_HOME", "/y", "HF_HUB_CACHE", "$HOME/z"))
                        .huggingFaceCache())
                .isEqualTo(Path.of("/h/z"));
    }

    @Test
    void keepsOtherDownloadsInItsOwnFolder() {
        assertThat(HubSettings.of(Map.of("HOME", "/h")).downloads()).isEqualTo(Path.of("/h/.cache/tl4j/downloads"));
        assertThat(HubSettings.of(Map.of("HOME", "/h", "TL4J_HOME", "/t")).downloads())
                .isEqualTo(Path.of("/t/downloads"));
    }

    @Test
    void readsTheTokenAndNeverShowsIt() throws IOException {
        Files.writeString(temp.resolve("token"), "hf_fromFile\n");
        Map<String, String> home = Map.of("HF_HOME", temp.toString());

        assertThat(HubSettings.of(home).token()).isEqualTo("hf_fromFile");
        assertThat(HubSettings.of(Map.of("HF_HOME", temp.toString(), "HF_TOKEN", " hf_own "))
                        .token())
                .isEqualTo("hf_own");
        assertThat(HubSettings.of(Map.of("HF_HOME", temp.toString(), "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1"))
                        .token())
                .isNull();
        assertThat(HubSettings.of(home))
                .asString()
                .doesNotContain("hf_fromFile")
                .contains("token=set");
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_TOKEN", "hf_a\nhf_b")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageNotContaining("hf_a");
    }

    @Test
    void readsSwitchesAndTimesAsPythonDoes() {
        assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "yes")).offline()).isTrue();
        assertThat(HubSettings.of(Map.of("TRANSFORMERS_OFFLINE", "1")).offline())
                .isTrue();
        assertThat(HubSettings.of(Map.of("HF_HUB_OFFLINE", "0")).offline()).isFalse();
        assertThat(HubSettings.of(Map.of("HF_HUB_DOWNLOAD_TIMEOUT", "7")).stallTimeout())
                .isEqualTo(Duration.ofSeconds(7));
        assertThat(HubSettings.of(Map.of("HF_ENDPOINT", "https://mirror.example/hf/"))
                        .endpoint())
                .hasToString("https://mirror.example/hf");
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_ENDPOINT", "mirror.example")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("HF_ENDPOINT");
        assertThatThrownBy(() -> HubSettings.of(Map.of("HF_HUB_ETAG_TIMEOUT", "soon")))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("HF_HUB_ETAG_TIMEOUT");
    }
}
