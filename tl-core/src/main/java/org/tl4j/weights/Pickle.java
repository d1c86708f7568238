// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.tl4j.error.CorruptFileException;

/**
 * Python's pickle, read as data. Nothing is ever imported or called: a global is a name, and what would have been a
 * call is kept as a {@link Call} with its arguments. All operations of protocols 0 to 5 are known but those for data
 * outside the pickle and for the extension registry.
 */
final class Pickle {
    /** A name that Python would have imported. */
    record Global(String module, String name) {
        /** Whether it is this one. */
        boolean is(String otherModule, String otherName) {
            return module.equals(otherModule) && name.equals(otherName);
        }

        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    /** What Python would have made by calling something. Compared by identity, as it may hold itself. */
    static final class Call {
        private final Object function;
        private final List<Object> arguments;
        private final List<Object> state = new ArrayList<>();
        private final List<Object> items = new ArrayList<>();
        private final Map<Object, Object> entries = new LinkedHashMap<>();

        Call(Object function, List<Object> arguments) {
            this.function = function;
            this.arguments = Collections.unmodifiableList(arguments);
        }

        /** What would have been called. */
        Object function() {
            return function;
        }

        /** With what. */
        List<Object> arguments() {
            return arguments;
        }

        /** What it would have been given afterwards as its state. */
        List<Object> state() {
            return state;
        }

        /** What would have been appended to it as to a list. */
        List<Object> items() {
            return items;
        }

        /** What would have been put into it as into a dictionary. */
        Map<Object, Object> entries() {
            return entries;
        }
    }

    /** A key of a dictionary that is no text, number or name: equal to itself alone. */
    private static final class OddKey {
        @Override
        public String toString() {
            return "?";
        }
    }

    /** Python's None. */
    enum None {
        NONE
    }

    private static final String FORMAT = "PyTorch file";
    private static final int NEWEST_PROTOCOL = 5;
    /** What a list is put into: the list is all that counts. */
    private static final Set<String> LISTS =
            Set.of("torch.Size", "builtins.set", "builtins.frozenset", "__builtin__.set", "__builtin__.frozenset");

    private static final Object MARK = new Object();

    private final FileBytes source;
    private final ByteBuffer in;
    private final Function<Object, Object> persistent;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();
    private final Set<String> globals = new LinkedHashSet<>();

    /**
     * A pickle at the buffer's position, which moves past it.
     *
     * @param source for errors
     * @param persistent what a persistent id stands for
     */
    Pickle(FileBytes source, ByteBuffer in, Function<Object, Object> persistent) {
        this.source = source;
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.persistent = persistent;
    }

    /** The object: dictionaries are maps, lists, tuples and sets lists, numbers Long, BigInteger or Double. */
    Object load() {
        try {
            while (true) {
                int op = in.get() & 0xff;
                if (op == '.') {
                    return pop();
                }
                run(op);
            }
        } catch (BufferUnderflowException e) {
            throw source.corrupt(FORMAT, "a pickle that ends at byte " + in.limit(), "the rest of it", e);
        } catch (NumberFormatException | ArithmeticException e) {
            throw source.corrupt(
                    FORMAT,
                    "a number that is none before byte " + in.position() + ": " + e.getMessage(),
                    "a number",
                    e);
        }
    }

    /** The names that it would have imported. */
    Set<String> globals() {
        return Collections.unmodifiableSet(globals);
    }

    private void run(int op) {
        switch (op) {
            case 0x80 -> checkProtocol(in.get() & 0xff);
            case 0x95 -> in.getLong(); // FRAME
            // what groups
            case '(' -> stack.add(MARK);
            case ')', ']', 0x8f -> stack.add(new ArrayList<>());
            case '}' -> stack.add(new LinkedHashMap<>());
            case 't', 'l', 0x91 -> stack.add(toMark());
            case 0x85 -> stack.add(last(1));
            case 0x86 -> stack.add(last(2));
            case 0x87 -> stack.add(last(3));
            case 'd' -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                put(map, toMark());
                stack.add(map);
            }
            // what fills
            case 'a' -> {
                Object value = pop();
                list(top()).add(value);
            }
            case 'e', 0x90 -> {
                List<Object> items = toMark();
                list(top()).addAll(items);
            }
            case 's' -> {
                List<Object> pair = last(2);
                put(map(top()), pair);
            }
            case 'u' -> {
                List<Object> pairs = toMark();
                put(map(top()), pairs);
            }
            // constants and numbers
            case 'N' -> stack.add(None.NONE);
            case 0x88 -> stack.add(Boolean.TRUE);
            case 0x89 -> stack.add(Boolean.FALSE);
            case 'K' -> stack.add((long) (in.get() & 0xff));
            case 'M' -> stack.add((long) (in.getShort() & 0xffff));
            case 'J' -> stack.add((long) in.getInt());
            case 0x8a -> stack.add(number(in.get() & 0xff));
            case 0x8b -> stack.add(number(in.getInt()));
            case 'I', 'L' -> stack.add(decimal(line()));
            case 'F' -> stack.add(Double.parseDouble(line()));
            case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
            // texts and bytes
            case 'X', 'T', 'B' -> stack.add(text(in.getInt() & 0xffffffffL));
            case 0x8c, 'U', 'C' -> stack.add(text(in.get() & 0xff));
            case 0x8d, 0x8e, 0x96 -> stack.add(text(in.getLong()));
            case 'V' -> stack.add(line());
            case 'S' -> stack.add(unquoted(line()));
            // the memo
            case 'q' -> memo.put(in.get() & 0xff, top());
            case 'r' -> memo.put(in.getInt(), top());
            case 'p' -> memo.put(Integer.parseInt(line()), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> stack.add(remembered(in.get() & 0xff));
            case 'j' -> stack.add(remembered(in.getInt()));
            case 'g' -> stack.add(remembered(Integer.parseInt(line())));
            // the stack
            case '0' -> pop();
            case '1' -> toMark();
            case '2' -> stack.add(top());
            // names, and what Python would have made with them
            case 'c' -> stack.add(global(line(), line()));
            case 0x93 -> {
                List<Object> names = last(2);
                if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
                    throw corrupt("a name that is no text before byte " + in.position(), "module and name");
                }
                stack.add(global(module, name));
            }
            case 'Q' -> stack.add(persistent.apply(pop()));
            case 'P' -> stack.add(persistent.apply(line()));
            case 'R', 0x81 -> {
                Object arguments = pop();
                stack.add(call(pop(), list(arguments)));
            }
            case 0x92 -> {
                pop();
                Object arguments = pop();
                stack.add(call(pop(), list(arguments)));
            }
            case 'i' -> {
                Global g = global(line(), line());
                stack.add(call(g, toMark()));
            }
            case 'o' -> {
                List<Object> parts = toMark();
                if (parts.isEmpty()) {
                    throw corrupt("an object without a class before byte " + in.position(), "its class");
                }
                stack.add(call(parts.get(0), parts.subList(1, parts.size())));
            }
            case 'b' -> {
                Object state = pop();
                if (top() instanceof Call c) {
                    c.state.add(state);
                }
            }
            default ->
                throw corrupt(
                        "pickle operation 0x" + Integer.toHexString(op) + " at byte " + (in.position() - 1),
                        "operations of pickle protocols 0 to " + NEWEST_PROTOCOL);
        }
    }

    private void checkProtocol(int protocol) {
        if (protocol > NEWEST_PROTOCOL) {
            throw corrupt("a pickle of protocol " + protocol, "a protocol up to " + NEWEST_PROTOCOL);
        }
    }

    private Global global(String module, String name) {
        Global g = new Global(module, name);
        globals.add(g.toString());
        return g;
    }

    /** Dictionaries, sets and shapes are what they hold; everything else stays a call that nobody makes. */
    private static Object call(Object function, List<Object> arguments) {
        if (function instanceof Global g) {
            if (g.is("collections", "OrderedDict")) {
                Map<Object, Object> map = new LinkedHashMap<>();
                if (!arguments.isEmpty() && arguments.get(0) instanceof List<?> pairs) {
                    for (Object pair : pairs) {
                        if (pair instanceof List<?> p && p.size() == 2) {
                            put(map, List.of(p.get(0), p.get(1)));
                        }
                    }
                }
                return map;
            }
            if (LISTS.contains(g.toString()) && arguments.size() == 1) {
                return arguments.get(0);
            }
        }
        return new Call(function, arguments);
    }

    private Object pop() {
        Object value = top();
        stack.remove(stack.size() - 1);
        return value;
    }

    private Object top() {
        if (stack.isEmpty()) {
            throw corrupt("a pickle that takes more than it has before byte " + in.position(), "a whole pickle");
        }
        return stack.get(stack.size() - 1);
    }

    private List<Object> last(int n) {
        if (stack.size() < n) {
            throw corrupt("a pickle that takes more than it has before byte " + in.position(), "a whole pickle");
        }
        List<Object> tail = stack.subList(stack.size() - n, stack.size());
        List<Object> copy = new ArrayList<>(tail);
        tail.clear();
        return copy;
    }

    private List<Object> toMark() {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) {
            throw corrupt("a pickle without the mark that it goes back to before byte " + in.position(), "a mark");
        }
        List<Object> items = last(stack.size() - 1 - mark);
        pop();
        return items;
    }

    private Object remembered(int place) {
        Object value = memo.get(place);
        if (value == null) {
            throw corrupt(
                    "a pickle that refers to place " + place + " before byte " + in.position(),
                    "a place that it filled before");
        }
        return value;
    }

    @SuppressWarnings("unchecked")
    private List<Object> list(Object value) {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        if (value instanceof Call c) {
            return c.items;
        }
        throw corrupt("a pickle that takes something else for a list before byte " + in.position(), "a list");
    }

    @SuppressWarnings("unchecked")
    private Map<Object, Object> map(Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<Object, Object>) map;
        }
        if (value instanceof Call c) {
            return c.entries;
        }
        throw corrupt(
                "a pickle that takes something else for a dictionary before byte " + in.position(), "a dictionary");
    }

    private static void put(Map<Object, Object> map, List<Object> pairs) {
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            map.put(key(pairs.get(i)), pairs.get(i + 1));
        }
    }

    /** Only what has no parts is compared by value: a list may hold itself, and then has no hash. */
    private static Object key(Object key) {
        return key instanceof String
                        || key instanceof Number
                        || key instanceof Boolean
                        || key instanceof None
                        || key instanceof Global
                ? key
                : new OddKey();
    }

    private Object number(int length) {
        byte[] big = bytes(length);
        for (int i = 0; i < big.length / 2; i++) {
            byte b = big[i];
            big[i] = big[big.length - 1 - i];
            big[big.length - 1 - i] = b;
        }
        BigInteger n = big.length == 0 ? BigInteger.ZERO : new BigInteger(big);
        return n.bitLength() < Long.SIZE ? (Object) n.longValue() : n;
    }

    private static Object decimal(String line) {
        return switch (line) {
            case "00" -> Boolean.FALSE;
            case "01" -> Boolean.TRUE;
            default -> Long.parseLong(line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
        };
    }

    private static String unquoted(String line) {
        return line.length() >= 2 ? line.substring(1, line.length() - 1) : line;
    }

    private String text(long length) {
        return new String(bytes(length), StandardCharsets.UTF_8);
    }

    private byte[] bytes(long length) {
        if (length < 0 || length > in.remaining()) {
            throw corrupt(
                    length + " bytes announced before byte " + in.position() + ", with " + in.remaining() + " left",
                    "a whole pickle");
        }
        byte[] bytes = new byte[(int) length];
        in.get(bytes);
        return bytes;
    }

    private String line() {
        int begin = in.position();
        int length = 0;
        while (in.get() != '\n') {
            length++;
        }
        byte[] utf8 = new byte[length];
        in.get(begin, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private CorruptFileException corrupt(String found, String expected) {
        return source.corrupt(FORMAT, found, expected);
    }
}
