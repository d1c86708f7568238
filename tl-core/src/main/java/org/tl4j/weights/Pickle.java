// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tl4j.error.CorruptFileException;

/**
 * Python's pickle, protocols 2 to 5, read as data. Nothing is ever imported or called: a global is a name, and what
 * would have been a call is kept as a {@link Call} with its arguments.
 */
final class Pickle {
    /** A name that Python would have imported. */
    record Global(String module, String name) {
        @Override
        public String toString() {
            return module + "." + name;
        }
    }

    /**
     * What Python would have made by calling something.
     *
     * @param function what would have been called
     * @param arguments with what
     * @param state what BUILD gave it afterwards
     * @param entries what was put into it as into a dictionary
     */
    record Call(Object function, List<Object> arguments, List<Object> state, Map<Object, Object> entries) {
        @Override
        public String toString() {
            return function + "(" + arguments.size() + " arguments)";
        }
    }

    /** Python's None. */
    enum None {
        NONE
    }

    private static final Object MARK = new Object();

    private final String source;
    private final ByteBuffer in;
    private final Function<Object, Object> persistent;
    private final List<Object> stack = new ArrayList<>();
    private final Map<Integer, Object> memo = new HashMap<>();

    /**
     * A pickle at the buffer's position, which moves past it.
     *
     * @param persistent what a persistent id stands for
     */
    Pickle(String source, ByteBuffer in, Function<Object, Object> persistent) {
        this.source = source;
        this.in = in.order(ByteOrder.LITTLE_ENDIAN);
        this.persistent = persistent;
    }

    /** The object; dictionaries are maps, lists and tuples lists, numbers Long, BigInteger or Double. */
    Object load() {
        try {
            while (true) {
                int op = in.get() & 0xff;
                if (op == '.') {
                    return pop();
                }
                run(op);
            }
        } catch (java.nio.BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw corrupt("a pickle that ends or breaks at byte " + in.position(), "a whole pickle");
        }
    }

    private void run(int op) {
        switch (op) {
            case 0x80 -> in.get();
            case 0x95 -> in.getLong();
            case '(' -> stack.add(MARK);
            case ')' -> stack.add(new ArrayList<>());
            case ']' -> stack.add(new ArrayList<>());
            case '}' -> stack.add(new LinkedHashMap<>());
            case 0x8f -> stack.add(new ArrayList<>());
            case 't', 'l', 0x91 -> stack.add(toMark());
            case 0x85 -> stack.add(last(1));
            case 0x86 -> stack.add(last(2));
            case 0x87 -> stack.add(last(3));
            case 'a' -> {
                Object value = pop();
                list(top()).add(value);
            }
            case 'e', 0x90 -> {
                List<Object> items = toMark();
                list(top()).addAll(items);
            }
            case 'd' -> {
                Map<Object, Object> map = new LinkedHashMap<>();
                put(map, toMark());
                stack.add(map);
            }
            case 's' -> {
                List<Object> pair = last(2);
                put(map(top()), pair);
            }
            case 'u' -> {
                List<Object> pairs = toMark();
                put(map(top()), pairs);
            }
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
            case 'X' -> stack.add(text(in.getInt()));
            case 0x8c -> stack.add(text(in.get() & 0xff));
            case 0x8d -> stack.add(text(Math.toIntExact(in.getLong())));
            case 'V' -> stack.add(line());
            case 'U', 'C' -> stack.add(text(in.get() & 0xff));
            case 'T', 'B' -> stack.add(text(in.getInt()));
            case 0x8e -> stack.add(text(Math.toIntExact(in.getLong())));
            case 'q' -> memo.put(in.get() & 0xff, top());
            case 'r' -> memo.put(in.getInt(), top());
            case 'p' -> memo.put(Integer.parseInt(line()), top());
            case 0x94 -> memo.put(memo.size(), top());
            case 'h' -> stack.add(remembered(in.get() & 0xff));
            case 'j' -> stack.add(remembered(in.getInt()));
            case 'g' -> stack.add(remembered(Integer.parseInt(line())));
            case '0' -> pop();
            case '1' -> toMark();
            case '2' -> stack.add(top());
            case 'c' -> stack.add(new Global(line(), line()));
            case 0x93 -> {
                List<Object> names = last(2);
                stack.add(new Global(String.valueOf(names.get(0)), String.valueOf(names.get(1))));
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
            case 'b' -> {
                Object state = pop();
                if (top() instanceof Call c) {
                    c.state().add(state);
                }
            }
            default ->
                throw corrupt(
                        "pickle operation 0x" + Integer.toHexString(op) + " at byte " + (in.position() - 1),
                        "operations of pickle protocols 2 to 5");
        }
    }

    /** An OrderedDict is a map; everything else stays a call that nobody makes. */
    private static Object call(Object function, List<Object> arguments) {
        if (function instanceof Global g
                && g.module().equals("collections")
                && g.name().equals("OrderedDict")) {
            Map<Object, Object> map = new LinkedHashMap<>();
            if (!arguments.isEmpty() && arguments.get(0) instanceof List<?> pairs) {
                for (Object pair : pairs) {
                    if (pair instanceof List<?> p && p.size() == 2) {
                        map.put(p.get(0), p.get(1));
                    }
                }
            }
            return map;
        }
        return new Call(function, Collections.unmodifiableList(arguments), new ArrayList<>(), new LinkedHashMap<>());
    }

    private Object pop() {
        return stack.remove(stack.size() - 1);
    }

    private Object top() {
        return stack.get(stack.size() - 1);
    }

    private List<Object> last(int n) {
        List<Object> tail = stack.subList(stack.size() - n, stack.size());
        List<Object> copy = new ArrayList<>(tail);
        tail.clear();
        return copy;
    }

    private List<Object> toMark() {
        int mark = stack.lastIndexOf(MARK);
        if (mark < 0) {
            throw corrupt("a pickle without the mark that it goes back to", "a whole pickle");
        }
        List<Object> items = last(stack.size() - 1 - mark);
        pop();
        return items;
    }

    private Object remembered(int place) {
        Object value = memo.get(place);
        if (value == null) {
            throw corrupt("a pickle that refers to place " + place + " which it never filled", "a whole pickle");
        }
        return value;
    }

    @SuppressWarnings("unchecked")
    private List<Object> list(@Nullable Object value) {
        if (value instanceof List<?> list) {
            return (List<Object>) list;
        }
        if (value instanceof Call c) {
            return c.state();
        }
        throw corrupt("a pickle that appends to " + value, "a list");
    }

    @SuppressWarnings("unchecked")
    private Map<Object, Object> map(Object value) {
        if (value instanceof Map<?, ?> map) {
            return (Map<Object, Object>) map;
        }
        if (value instanceof Call c) {
            return c.entries();
        }
        throw corrupt("a pickle that sets an item of " + value, "a dictionary");
    }

    private static void put(Map<Object, Object> map, List<Object> pairs) {
        for (int i = 0; i + 1 < pairs.size(); i += 2) {
            map.put(pairs.get(i), pairs.get(i + 1));
        }
    }

    private Object number(int bytes) {
        byte[] little = new byte[bytes];
        in.get(little);
        byte[] big = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            big[i] = little[bytes - 1 - i];
        }
        BigInteger n = bytes == 0 ? BigInteger.ZERO : new BigInteger(big);
        return n.bitLength() < 64 ? (Object) n.longValue() : n;
    }

    private static Object decimal(String line) {
        return switch (line) {
            case "00" -> Boolean.FALSE;
            case "01" -> Boolean.TRUE;
            default -> Long.parseLong(line.endsWith("L") ? line.substring(0, line.length() - 1) : line);
        };
    }

    private String text(int bytes) {
        if (bytes < 0 || bytes > in.remaining()) {
            throw corrupt("a text of " + bytes + " bytes with " + in.remaining() + " left", "a whole pickle");
        }
        byte[] utf8 = new byte[bytes];
        in.get(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private String line() {
        int begin = in.position();
        while (in.get() != '\n') {
            // goes on to the end of the line
        }
        byte[] utf8 = new byte[in.position() - 1 - begin];
        in.get(begin, utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    private CorruptFileException corrupt(String found, String expected) {
        return new CorruptFileException(
                "'" + source + "' is no whole PyTorch file.", found, expected, "download or copy the file again");
    }
}
