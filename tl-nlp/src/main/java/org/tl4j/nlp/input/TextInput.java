// SPDX-License-Identifier: Apache-2.0
package org.tl4j.nlp.input;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.Checks;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.hub.Hub;
import org.tl4j.hub.HubSource;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.model.Providers;
import org.tl4j.tensor.HostTensor;

/**
 * Texts as the token ids that a backbone was trained on, by a Hugging Face {@code tokenizer.json}: normalisation, lower
 * case, word pieces and special tokens are as that file says. A text that is too long is cut; nothing is filled up
 * here, because {@link org.tl4j.model.Batch} does that for each batch.
 *
 * <p>Gives {@code input_ids i64[L]}, {@code attention_mask i64[L]} and {@code token_type_ids i64[L]}; L is at least 1,
 * even for an empty text.
 *
 * <p>Settings: {@code tokenizer} (a source of {@link HubSource}, or a file in the model's folder), {@code max_length}
 * in tokens, special ones included, and if wanted {@code prefix}, which is put before every text ({@code "query: "}),
 * {@code inputs}, the names of the tensors to give, {@code artefact}, which holds a tokenizer of the class path,
 * {@code tokenizer_sha256}, and {@code padding_id}, which saves reading it out of the tokenizer.
 */
public final class TextInput implements Preprocessor<String> {
    private static final String FILE = "tokenizer.json";
    private static final String IDS = "input_ids";
    private static final String MASK = "attention_mask";
    private static final String TYPES = "token_type_ids";
    private static final String PADDING = "padding_id";
    private static final List<String> INPUTS = List.of(IDS, MASK, TYPES);
    private static final Set<String> PADDING_TOKENS = Set.of("[PAD]", "<pad>", "<|pad|>", "<PAD>");

    /** Texts that are handed to the native tokenizer at once: enough for all cores, little to hold. */
    private static final int CHUNK = 1024;

    static {
        // Before any class of DJL is touched: it would report its start, and look for natives on its site.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
    }

    private final HuggingFaceTokenizer tokenizer;
    private final byte[] json;
    private final int maxLength;
    private final String prefix;
    private final List<String> inputs;
    private final long paddingId;
    private final LongAdder truncated = new LongAdder();

    private TextInput(byte[] json, String source, Config settings) {
        this.json = json;
        // A tokenizer has tens of thousands of tokens: read here only for what the settings leave open.
        boolean complete = settings.has("max_length") && settings.has(PADDING);
        Config file = complete ? Config.empty() : Config.parse(source, new String(json, StandardCharsets.UTF_8));
        this.maxLength = Checks.positive(
                "max_length",
                settings.integer("max_length", file.config("truncation").integer("max_length", 512)));
        this.prefix = settings.text("prefix", "");
        this.inputs = settings.has("inputs") ? settings.texts("inputs") : INPUTS;
        for (String name : inputs) {
            if (!INPUTS.contains(name)) {
                throw new UnknownNameException("input of texts", name, INPUTS, "correct 'inputs' in the preprocessing");
            }
        }
        this.paddingId = settings.has(PADDING) ? settings.integer(PADDING) : paddingId(file);
        this.tokenizer = open(source);
    }

    /**
     * Reads the tokenizer that the settings name.
     *
     * @param folder where a tokenizer that is named without a scheme lies; may be null for one of the class path
     * @throws MissingArtifactException if it is not there
     * @throws CorruptFileException if it is damaged, or not the one that a saved model was trained with
     */
    public static TextInput of(Config settings, @Nullable Path folder) {
        String name = settings.text("tokenizer", FILE);
        String source =
                HubSource.isSource(name) ? name : "file:" + (folder == null ? Path.of(name) : folder.resolve(name));
        if (source.startsWith("file:") && !Files.isRegularFile(Path.of(source.substring(5)))) {
            throw new MissingArtifactException(
                    "There is no tokenizer for this backbone.",
                    "no file '" + source.substring(5) + "'",
                    "the tokenizer.json that the backbone was trained with",
                    "put it beside the weights, or name it with --tokenizer");
        }
        byte[] json = Hub.read(
                source,
                settings.text("tokenizer_sha256", ""),
                settings.text("artefact", ""),
                Providers.contextLoader());
        return new TextInput(json, source, settings);
    }

    /** Reads a {@code tokenizer.json}; texts are cut after that many tokens. */
    public static TextInput of(Path tokenizerJson, int maxLength) {
        return of(Config.empty().with("tokenizer", "file:" + tokenizerJson).with("max_length", maxLength), null);
    }

    private HuggingFaceTokenizer open(String source) {
        Map<String, String> options = Map.of(
                "truncation",
                "true",
                "padding",
                "false",
                "maxLength",
                String.valueOf(maxLength),
                "modelMaxLength",
                String.valueOf(maxLength));
        try {
            return HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), options);
        } catch (IOException | RuntimeException e) {
            // The native library throws RuntimeException itself for a file that it does not understand.
            throw new CorruptFileException(
                    "'" + source + "' is no tokenizer.",
                    String.valueOf(e.getMessage()),
                    "a tokenizer.json of Hugging Face's tokenizers library",
                    "restore the file; a vocab.txt or a sentencepiece model must be converted first",
                    e);
        }
    }

    /** The padding that the file itself uses, else its padding token, else 0. */
    private static long paddingId(Config file) {
        if (file.has("padding")) {
            return file.config("padding").integer("pad_id", 0);
        }
        return file.configs("added_tokens").stream()
                .filter(t -> PADDING_TOKENS.contains(t.text("content", "")))
                .mapToInt(t -> t.integer("id"))
                .findFirst()
                .orElse(0);
    }

    @Override
    public Map<String, HostTensor> encode(String text) {
        return tensors(tokenizer.encode(prepared(text), true, false));
    }

    /** As {@link #encode}, for many texts on all cores. */
    @Override
    public List<Map<String, HostTensor>> encodeAll(List<String> texts) {
        List<Map<String, HostTensor>> all = new ArrayList<>(texts.size());
        for (Encoding e : encodings(texts)) {
            all.add(tensors(e));
        }
        return all;
    }

    @Override
    public boolean isCheapToKeep() {
        return true;
    }

    /** The number of tokens of each text after cutting, without making tensors. */
    public int[] lengths(List<String> texts) {
        return encodings(texts).stream()
                .mapToInt(e -> Math.max(1, e.getIds().length))
                .toArray();
    }

    /** The number of tokens that each text has before cutting, special ones included. */
    public int[] fullLengths(List<String> texts) {
        return encodings(texts, true).stream()
                .mapToInt(e -> {
                    int tokens = e.getIds().length;
                    // Every further piece has special tokens of its own, which the whole text would not have.
                    for (Encoding piece : e.getOverflowing()) {
                        for (long special : piece.getSpecialTokenMask()) {
                            tokens += special == 0 ? 1 : 0;
                        }
                    }
                    return Math.max(1, tokens);
                })
                .toArray();
    }

    /** How many tokens of a text are read, special ones included. */
    public int maxLength() {
        return maxLength;
    }

    private List<Encoding> encodings(List<String> texts) {
        return encodings(texts, false);
    }

    private List<Encoding> encodings(List<String> texts, boolean overflow) {
        List<Encoding> all = new ArrayList<>(texts.size());
        for (int from = 0; from < texts.size(); from += CHUNK) {
            String[] chunk = texts.subList(from, Math.min(texts.size(), from + CHUNK)).stream()
                    .map(this::prepared)
                    .toArray(String[]::new);
            all.addAll(List.of(tokenizer.batchEncode(chunk, true, overflow)));
        }
        return all;
    }

    /** Half a surrogate pair, which the native library cannot read, becomes the replacement character. */
    private String prepared(String text) {
        String all = prefix.isEmpty() ? text : prefix + text;
        if (all.chars().noneMatch(c -> Character.isSurrogate((char) c))) {
            return all;
        }
        StringBuilder clean = new StringBuilder(all.length());
        all.codePoints()
                .forEach(c -> clean.appendCodePoint(c <= 0xffff && Character.isSurrogate((char) c) ? 0xfffd : c));
        return clean.toString();
    }

    private Map<String, HostTensor> tensors(Encoding e) {
        if (e.exceedMaxLength()) {
            truncated.increment();
        }
        // A tokenizer without special tokens makes nothing of an empty text: one padding token stands for it.
        boolean empty = e.getIds().length == 0;
        Map<String, HostTensor> made = new LinkedHashMap<>();
        for (String name : inputs) {
            long[] values = switch (name) {
                case IDS -> empty ? new long[] {paddingId} : e.getIds();
                case MASK -> empty ? new long[] {1} : e.getAttentionMask();
                default -> empty ? new long[] {0} : e.getTypeIds();
            };
            made.put(name, HostTensor.of(values, values.length));
        }
        return made;
    }

    /** How many of the texts that were encoded so far were cut. */
    public long truncated() {
        return truncated.sum();
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of(IDS, (double) paddingId);
    }

    /** The settings of a saved model: its tokenizer lies in its folder, and is recognised by its hash. */
    @Override
    public Config config() {
        return Config.empty()
                .with("tokenizer", FILE)
                .with("tokenizer_sha256", Hub.sha256(json))
                .with("max_length", maxLength)
                .with(PADDING, paddingId)
                .with("prefix", prefix)
                .with("inputs", inputs);
    }

    @Override
    public void saveFiles(Path folder) throws IOException {
        Files.write(folder.resolve(FILE), json);
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
