// SPDX-License-Identifier: Apache-2.0
package org.tl4j.recsys.input;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.model.Config;
import org.tl4j.model.Preprocessor;
import org.tl4j.recsys.dataset.InteractionMatrix;
import org.tl4j.recsys.dataset.User;
import org.tl4j.tensor.HostTensor;
import org.tl4j.weights.WeightFile;
import org.tl4j.weights.Weights;

/**
 * From a user's id to what a model reads: {@code user i64[]}, the user's number; {@code history f32[I]}, 1 for each
 * item that the user had; and where the model scores pairs {@code items i64[I]}, all items. Saved as
 * {@code users.json}, the ids in the order of their numbers, and {@code histories.safetensors}.
 */
public final class UserInput implements Preprocessor<User> {
    /** The name of an input. */
    public static final String USER = "user";

    /** See {@link #USER}. */
    public static final String HISTORY = "history";

    /** See {@link #USER}. */
    public static final String ITEMS = "items";

    private static final String USERS_FILE = "users.json";
    private static final String HISTORIES_FILE = "histories.safetensors";
    private static final int BATCH = 16;

    private final List<String> users;
    private final Map<String, Integer> numbers;
    private final InteractionMatrix histories;
    private final boolean pairs;
    private final HostTensor everything;

    private UserInput(List<String> users, InteractionMatrix histories, boolean pairs) {
        this.users = List.copyOf(users);
        this.numbers = InteractionMatrix.numbers(users);
        this.histories = histories;
        this.pairs = pairs;
        long[] all = IntStream.range(0, histories.columns()).asLongStream().toArray();
        this.everything = HostTensor.of(all, all.length);
    }

    /**
     * For users with their histories.
     *
     * @param pairs whether the model scores pairs of a user and an item, and reads the items, too
     */
    public static UserInput of(List<String> users, InteractionMatrix histories, boolean pairs) {
        return new UserInput(users, histories, pairs);
    }

    /**
     * As settings describe it.
     *
     * @param folder of the saved model, or null where the settings hold all
     */
    public static UserInput of(Config config, @Nullable Path folder) {
        int items = config.integer("itemCount");
        boolean pairs = config.flag("pairs", false);
        if (config.has("begin")) {
            int[] begin = numbers(config.text("begin"));
            int[] seen = numbers(config.text("seen"));
            return new UserInput(
                    config.texts("users"), InteractionMatrix.of(items, begin, seen, new float[seen.length]), pairs);
        }
        Path place = folder == null ? Path.of("") : folder;
        Weights saved = WeightFile.read(place.resolve(HISTORIES_FILE));
        int[] begin = whole(saved.get("begin"));
        int[] seen = whole(saved.get("item"));
        return new UserInput(
                names(place.resolve(USERS_FILE)),
                InteractionMatrix.of(items, begin, seen, new float[seen.length]),
                pairs);
    }

    /** The settings with all that is needed, without a folder. */
    public Config inMemory() {
        return config().with("users", users).with("begin", text(begin())).with("seen", text(seen()));
    }

    private int[] begin() {
        return IntStream.rangeClosed(0, histories.rows()).map(histories::begin).toArray();
    }

    private int[] seen() {
        return IntStream.range(0, histories.size()).map(histories::item).toArray();
    }

    private static String text(int[] numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * numbers.length);
        bytes.asIntBuffer().put(numbers);
        return Base64.getEncoder().encodeToString(bytes.array());
    }

    private static int[] numbers(String text) {
        ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(text));
        int[] numbers = new int[bytes.remaining() / 4];
        bytes.asIntBuffer().get(numbers);
        return numbers;
    }

    private static int[] whole(HostTensor t) {
        long[] values = t.toLongs();
        return IntStream.range(0, values.length).map(i -> (int) values[i]).toArray();
    }

    private static List<String> names(Path file) {
        try {
            String[] names = new Gson().fromJson(Files.readString(file, StandardCharsets.UTF_8), String[].class);
            return List.of(names);
        } catch (IOException | JsonParseException e) {
            throw new CorruptFileException(
                    "'" + file + "' cannot be read.",
                    String.valueOf(e.getMessage()),
                    "a list of the ids of users",
                    "copy the folder of the model again",
                    e);
        }
    }

    /** The ids of all users, in the order of their numbers. */
    public List<String> users() {
        return users;
    }

    /** The numbers of the items that a user had, ascending. */
    public Set<Integer> items(User user) {
        int number = number(user);
        Set<Integer> items = new HashSet<>();
        for (int e = histories.begin(number); e < histories.begin(number + 1); e++) {
            items.add(histories.item(e));
        }
        return items;
    }

    private int number(User user) {
        Integer number = numbers.get(user.id());
        if (number == null) {
            throw new UnknownNameException(
                    "user",
                    user.id(),
                    numbers.keySet(),
                    "recommend the most popular items to a new user, or fold new users in with `tl finetune"
                            + " recommendation --from MODEL`");
        }
        return number;
    }

    @Override
    public Map<String, HostTensor> encode(User user) {
        int number = number(user);
        float[] history = new float[histories.columns()];
        for (int e = histories.begin(number); e < histories.begin(number + 1); e++) {
            history[histories.item(e)] = 1;
        }
        Map<String, HostTensor> tensors = new LinkedHashMap<>();
        tensors.put(USER, HostTensor.scalar((long) number));
        tensors.put(HISTORY, HostTensor.of(history, history.length));
        if (pairs) {
            tensors.put(ITEMS, everything);
        }
        return tensors;
    }

    /** All items are scored for each user, so a few users make a large batch. */
    @Override
    public int batch(int usual) {
        return Math.min(usual, BATCH);
    }

    @Override
    public Map<String, Double> padding() {
        return Map.of();
    }

    @Override
    public Config config() {
        return Config.empty()
                .with("itemCount", histories.columns())
                .with("pairs", pairs)
                .with("usersFile", USERS_FILE)
                .with("historiesFile", HISTORIES_FILE);
    }

    @Override
    public void saveFiles(Path folder) throws IOException {
        Files.writeString(folder.resolve(USERS_FILE), new Gson().toJson(users), StandardCharsets.UTF_8);
        long[] begin = IntStream.of(begin()).asLongStream().toArray();
        long[] seen = IntStream.of(seen()).asLongStream().toArray();
        WeightFile.writeSafetensors(
                Weights.of(
                        Map.of("begin", HostTensor.of(begin, begin.length), "item", HostTensor.of(seen, seen.length))),
                Map.of(),
                folder.resolve(HISTORIES_FILE));
    }

    @Override
    public void close() {
        // Holds nothing native.
    }
}
