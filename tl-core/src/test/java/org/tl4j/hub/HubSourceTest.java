// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.UnsupportedFeatureException;

class HubSourceTest {
    @ParameterizedTest
    @CsvSource({
        "hf://a/b, a, b, main, ''",
        "hf://a/b/, a, b, main, ''",
        "hf://a/b/model.safetensors, a, b, main, model.safetensors",
        "hf://a/b@v1.0/onnx/model.onnx, a, b, v1.0, onnx/model.onnx",
        "hf://a-1/b_2.c@refs/pr/7/x.bin, a-1, b_2.c, refs/pr/7, x.bin",
        "hf://a/b@feature%2Fnew/x.bin, a, b, feature/new, x.bin",
        "hf://a/b@1111111111111111111111111111111111111111, a, b, 1111111111111111111111111111111111111111, ''",
    })
    void readsRepositoriesRevisionsAndPaths(String text, String owner, String name, String revision, String path) {
        HubSource source = HubSource.parse(text);

        assertThat(source).isEqualTo(new HubSource.HuggingFace(owner, name, revision, path));
        assertThat(HubSource.parse(source.toString())).isEqualTo(source);
    }

    @Test
    void readsTheOtherKinds() {
        assertThat(HubSource.parse("classpath:a/b.onnx")).isEqualTo(new HubSource.Resource("a/b.onnx"));
        assertThat(HubSource.parse("file:a/b.onnx")).isEqualTo(new HubSource.Local(Path.of("a/b.onnx")));
        assertThat(HubSource.parse("file:///a/b%20c")).isEqualTo(new HubSource.Local(Path.of("/a/b c")));
        assertThat(HubSource.parse("https://x.org/a/b.pth?raw=1")).hasToString("https://x.org/a/b.pth?raw=1");
        assertThat(HubSource.parse("http://localhost:80/b")).isInstanceOf(HubSource.Web.class);
    }

    @Test
    void aPathOrAPresetIsNoSource() {
        assertThat(HubSource.isSource("C:\\models\\a.onnx")).isFalse();
        assertThat(HubSource.isSource("all-minilm-l6-v2")).isFalse();
        assertThat(HubSource.isSource("models/a.onnx")).isFalse();
        assertThat(HubSource.isSource("hf://a/b")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "hf:",
                "hf:a/b",
                "hf://",
                "hf://bert-base-uncased",
                "hf://a/",
                "hf:///b",
                "hf://a/b c",
                "hf://a/b--c",
                "hf://../b",
                "hf://a/b/../../x",
                "hf://a/b//x",
                "hf://a/b@/x",
                "hf://a/b@..%2Fx/y",
                "hf://a/b@%zz/y",
                "hf://a/b/x\\y",
                "https://",
                "https://x.org",
                "https://x.org/folder/",
                "https://user:secret@x.org/a",
                "https://x.org/a b",
                "http://x.org/a",
                "file:",
                "classpath:",
                "file:a\u0000b"
            })
    void refusesWhatIsMalformed(String text) {
        assertThatThrownBy(() -> HubSource.parse(text))
                .isInstanceOf(InvalidArgumentException.class)
                .hasMessageContaining("fix:")
                .hasMessageNotContaining("secret");
    }

    @Test
    void saysHowToWriteWhatIsMalformed() {
        assertThatThrownBy(() -> HubSource.parse("hf://bert-base-uncased"))
                .hasMessageContaining("which has no owner")
                .hasMessageContaining("hf://sentence-transformers/all-MiniLM-L6-v2@main/onnx/model.onnx");
        assertThatThrownBy(() -> HubSource.parse("http://x.org/a.pth"))
                .hasMessageContaining("write https://x.org/a.pth");
        assertThatThrownBy(() -> HubSource.parse("hf://datasets/a/b")).isInstanceOf(UnsupportedFeatureException.class);
        assertThatThrownBy(() -> HubSource.parse("ftp://x.org/a"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("'ftp'")
                .hasMessageContaining("https://HOST/FILE");
    }
}
