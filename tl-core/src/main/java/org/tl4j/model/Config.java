// SPDX-License-Identifier: Apache-2.0
package org.tl4j.model;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.InvalidArgumentException;

/**
 * Named settings as published in a {@code config.json} and as saved beside a model. Immutable; keys keep their
 * published names. A setting of the wrong kind is refused with its name.
 */
public final class Config {
    private static final Gson GSON = new GsonBuilder()
            .setPrettyPrinting()
            .disableHtmlEscaping()
            .serializeNulls()
            .create();

    private final JsonObject json;
    /** Keys that were asked for, or null where nobody wants to know. */
    private final @Nullable Set<String> asked;

    private Config(JsonObject json) {
        this(json, null);
    }

    private Config(JsonObject json, @Nullable Set<String> asked) {
        this.json = json;
        this.asked = asked;
    }

    /** A copy that adds to {@code asked} which settings are asked for; so do copies with other settings made of it. */
    public Config watched(Set<String> asked) {
        return new Config(json, asked);
    }

    /** No settings. */
    public static Config empty() {
        return new Config(new JsonObject());
    }

    /** A copy of a JSON object. */
    public static Config of(JsonObject json) {
        return new Config(json.deepCopy());
    }

    /** Reads a JSON object; {@code source} names it in errors. */
    public static Config parse(String source, String text) {
        try {
            return new Config(JsonParser.parseString(text).getAsJsonObject());
        } catch (JsonParseException | IllegalStateException e) {
            throw new CorruptFileException(
                    "'" + source + "' is no JSON object.",
                    e.getMessage() == null ? "no JSON" : e.getMessage(),
                    "one JSON object",
                    "restore the file",
                    e);
        }
    }

    /** A copy with one setting more: a string, number, boolean, list of these, map, {@link Config} or JSON element. */
    public Config with(String key, Object value) {
        JsonObject copy = json.deepCopy();
        copy.add(key, element(value));
        return new Config(copy, asked);
    }

    /** A copy with the settings of {@code other} put over these. */
    public Config with(Config other) {
        JsonObject copy = json.deepCopy();
        other.json.entrySet().forEach(e -> copy.add(e.getKey(), e.getValue().deepCopy()));
        return new Config(copy, asked == null ? other.asked : asked);
    }

    private static JsonElement element(Object value) {
        return value instanceof Config c
                ? c.json.deepCopy()
                : value instanceof JsonElement e ? e.deepCopy() : GSON.toJsonTree(value);
    }

    /** The keys, in order. */
    public Set<String> keys() {
        return json.keySet();
    }

    /** Whether there is a setting of that name that is not null. */
    public boolean has(String key) {
        if (asked != null) {
            asked.add(key);
        }
        return json.has(key) && !json.get(key).isJsonNull();
    }

    /** A whole number. */
    public int integer(String key) {
        return required(
                key, find(key, JsonPrimitive::isNumber, "a whole number").map(p -> whole(key, p)));
    }

    /** A whole number, or what it is where none is set. */
    public int integer(String key, int otherwise) {
        return find(key, JsonPrimitive::isNumber, "a whole number")
                .map(p -> whole(key, p))
                .orElse(otherwise);
    }

    /** A number. */
    public double number(String key) {
        return required(key, find(key, JsonPrimitive::isNumber, "a number").map(JsonPrimitive::getAsDouble));
    }

    /** A number, or what it is where none is set. */
    public double number(String key, double otherwise) {
        return find(key, JsonPrimitive::isNumber, "a number")
                .map(JsonPrimitive::getAsDouble)
                .orElse(otherwise);
    }

    /** True or false, or what it is where none is set. */
    public boolean flag(String key, boolean otherwise) {
        return find(key, JsonPrimitive::isBoolean, "true or false")
                .map(JsonPrimitive::getAsBoolean)
                .orElse(otherwise);
    }

    /** A text. */
    public String text(String key) {
        return required(key, find(key, JsonPrimitive::isString, "a text").map(JsonPrimitive::getAsString));
    }

    /** A text, or what it is where none is set. */
    public String text(String key, String otherwise) {
        return find(key, JsonPrimitive::isString, "a text")
                .map(JsonPrimitive::getAsString)
                .orElse(otherwise);
    }

    /** A list of texts; empty where none is set. */
    public List<String> texts(String key) {
        List<String> out = new ArrayList<>();
        for (JsonElement e : array(key)) {
            if (!e.isJsonPrimitive()) {
                throw refused(key, "a list of texts");
            }
            out.add(e.getAsString());
        }
        return List.copyOf(out);
    }

    /** A list of numbers; empty where none is set. */
    public List<Double> numbers(String key) {
        return numbers(key, array(key), "a list of numbers");
    }

    /** A list of lists of numbers; empty where none is set. */
    public List<List<Double>> numberRows(String key) {
        List<List<Double>> out = new ArrayList<>();
        for (JsonElement row : array(key)) {
            if (!row.isJsonArray()) {
                throw refused(key, "a list of lists of numbers");
            }
            out.add(numbers(key, row.getAsJsonArray(), "a list of lists of numbers"));
        }
        return List.copyOf(out);
    }

    private List<Double> numbers(String key, Iterable<JsonElement> elements, String expected) {
        List<Double> numbers = new ArrayList<>();
        for (JsonElement e : elements) {
            if (!e.isJsonPrimitive() || !e.getAsJsonPrimitive().isNumber()) {
                throw refused(key, expected);
            }
            numbers.add(e.getAsDouble());
        }
        return List.copyOf(numbers);
    }

    /** A list of true and false; empty where none is set. */
    public List<Boolean> flags(String key) {
        List<Boolean> out = new ArrayList<>();
        for (JsonElement e : array(key)) {
            if (!e.isJsonPrimitive() || !e.getAsJsonPrimitive().isBoolean()) {
                throw refused(key, "a list of true and false");
            }
            out.add(e.getAsBoolean());
        }
        return List.copyOf(out);
    }

    /** A list of settings; empty where none is set. */
    public List<Config> configs(String key) {
        List<Config> out = new ArrayList<>();
        for (JsonElement e : array(key)) {
            out.add(of(e.getAsJsonObject()));
        }
        return List.copyOf(out);
    }

    private Iterable<JsonElement> array(String key) {
        if (!has(key)) {
            return List.of();
        }
        if (!json.get(key).isJsonArray()) {
            throw refused(key, "a list");
        }
        return json.getAsJsonArray(key);
    }

    /** Settings inside a setting; empty where none are set. */
    public Config config(String key) {
        if (!has(key)) {
            return empty();
        }
        if (!json.get(key).isJsonObject()) {
            throw refused(key, "an object");
        }
        return of(json.getAsJsonObject(key));
    }

    /** Texts by name, in order; empty where none are set. */
    public Map<String, String> textMap(String key) {
        Map<String, String> out = new LinkedHashMap<>();
        Config inner = config(key);
        inner.keys().forEach(k -> out.put(k, inner.text(k)));
        return out;
    }

    /** The settings as a JSON object, a copy. */
    public JsonObject toJson() {
        return json.deepCopy();
    }

    /** Pretty-printed JSON. */
    @Override
    public String toString() {
        return GSON.toJson(json);
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Config c && json.equals(c.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    private interface Kind {
        boolean is(JsonPrimitive p);
    }

    private Optional<JsonPrimitive> find(String key, Kind kind, String expected) {
        if (!has(key)) {
            return Optional.empty();
        }
        JsonElement e = json.get(key);
        if (!e.isJsonPrimitive() || !kind.is(e.getAsJsonPrimitive())) {
            throw refused(key, expected);
        }
        return Optional.of(e.getAsJsonPrimitive());
    }

    private int whole(String key, JsonPrimitive p) {
        double d = p.getAsDouble();
        if (d != Math.rint(d) || Math.abs(d) > Integer.MAX_VALUE) {
            throw refused(key, "a whole number");
        }
        return (int) d;
    }

    private <T> T required(String key, Optional<T> value) {
        return value.orElseThrow(() -> new InvalidArgumentException(
                "Setting '" + key + "' is missing.",
                keys(),
                "'" + key + "' among them",
                "add '" + key + "' to the configuration"));
    }

    private InvalidArgumentException refused(String key, String expected) {
        return new InvalidArgumentException(
                "Setting '" + key + "' is of the wrong kind.",
                key + " = " + json.get(key),
                expected,
                "correct '" + key + "'");
    }
}
