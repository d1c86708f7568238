// SPDX-License-Identifier: Apache-2.0
package org.tl4j.weights;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tl4j.error.WriteFailedException;

/**
 * The places beside a target where what is to stand there grows, and where what stood there waits. Their names hold the
 * number of the process that made them, so that what a killed process left behind can be told from what a running one
 * is still writing.
 */
final class Staging {
    /** What is being written. */
    static final String PART = ".tl4j-part";
    /** What stood there before. */
    static final String OLD = ".tl4j-old";

    private static final System.Logger LOG = System.getLogger(Staging.class.getName());
    private static final AtomicLong NEXT = new AtomicLong();
    private static final Set<Path> IN_USE = ConcurrentHashMap.newKeySet();

    private Staging() {}

    /** Where a target really lies: links are followed, so that they stay links. */
    static Path place(Path target) throws IOException {
        Path place = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        if (place.getParent() == null) {
            throw new WriteFailedException(
                    "'" + target + "' could not be written.",
                    "the root of a disk",
                    "a path below a folder",
                    "choose another place");
        }
        return place;
    }

    /** A new name beside a place, which counts as in use until {@link #release}. */
    static Path beside(Path place, String suffix) {
        long pid = ProcessHandle.current().pid();
        Path fresh = place.resolveSibling(prefix(place) + pid + "-" + NEXT.incrementAndGet() + suffix);
        IN_USE.add(fresh);
        return fresh;
    }

    /** Says that a name is no longer in use. */
    static void release(Path staged) {
        IN_USE.remove(staged);
    }

    /** What processes that no longer run left beside a place, newest first. */
    static List<Path> abandoned(Path place, String suffix) throws IOException {
        Path folder = place.getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            return List.of();
        }
        Pattern name =
                Pattern.compile(Pattern.quote(prefix(place)) + "(\\d{1,18})-(\\d{1,18})" + Pattern.quote(suffix));
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> {
                        Matcher m = name.matcher(String.valueOf(f.getFileName()));
                        return m.matches() && isAbandoned(f, Long.parseLong(m.group(1)));
                    })
                    .sorted(Comparator.comparingLong(Staging::time).reversed())
                    .toList();
        }
    }

    private static boolean isAbandoned(Path staged, long pid) {
        return pid == ProcessHandle.current().pid()
                ? !IN_USE.contains(staged)
                : ProcessHandle.of(pid).isEmpty();
    }

    private static long time(Path path) {
        try {
            return Files.getLastModifiedTime(path).toMillis();
        } catch (IOException e) {
            return 0;
        }
    }

    private static String prefix(Path place) {
        return "." + place.getFileName() + ".";
    }

    /** Moves a complete file or folder to its place in one step, where the disk can. */
    static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    /** Makes sure that the files below a path are on the disk, not only on their way there. */
    static void force(Path path) throws IOException {
        for (Path file : below(path)) {
            if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.force(true);
                }
            } else {
                forceFolder(file);
            }
        }
    }

    /** The same for the names in a folder; systems that cannot open folders do without. */
    static void forceFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "the names in '" + folder + "' were not forced to the disk", e);
        }
    }

    /** Deletes a file or folder, if it is there. */
    static void delete(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            for (Path file : below(path)) {
                Files.delete(file);
            }
        }
    }

    /** Deletes what is of no more use; that it stays is worth a line in the log, but no failure. */
    static void discard(Path path) {
        try {
            delete(path);
        } catch (IOException e) {
            LOG.log(System.Logger.Level.WARNING, "'" + path + "' is of no more use and could not be deleted", e);
        }
    }

    /** The path and everything below it, deepest first. */
    private static List<Path> below(Path path) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.sorted(Comparator.reverseOrder()).toList();
        }
    }

    /** The error for a target that was not written. */
    static WriteFailedException failed(Path target, Exception e) {
        return new WriteFailedException(
                "'" + target + "' could not be written; what stood there before is as it was.",
                described(e),
                "a writable place with enough room",
                "free some space or choose another place",
                e);
    }

    /** The kind of an error of the disk and what it says; messages alone often are no more than a path. */
    static String described(Exception e) {
        Throwable cause = e instanceof UncheckedIOException && e.getCause() != null ? e.getCause() : e;
        return cause.getClass().getSimpleName() + ": " + cause.getMessage();
    }
}
