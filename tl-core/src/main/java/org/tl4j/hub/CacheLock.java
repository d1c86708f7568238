// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One thread of one process at a time fetches a file. The lock is one of the operating system, so that it ends with the
 * process that holds it; the lock's file stays, because taking it away would let two in at once.
 *
 * <p>Python's {@code filelock} uses {@code flock}, which this does not see; what the two write never has one name but
 * when it is complete, so that both at once do no more than fetch twice.
 */
final class CacheLock {
    private static final long POLL_MILLIS = 50;
    private static final long SAY_AFTER_NANOS = 1_000_000_000L;
    private static final ConcurrentHashMap<Path, ReentrantLock> THREADS = new ConcurrentHashMap<>();

    private final ReentrantLock thread;
    private final FileChannel channel;
    private final @Nullable FileLock process;

    private CacheLock(ReentrantLock thread, FileChannel channel, @Nullable FileLock process) {
        this.thread = thread;
        this.channel = channel;
        this.process = process;
    }

    /** What is done while nobody else does. */
    interface Work<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Waits until nobody else holds the lock, and holds it while something is done. */
    static <T> T holding(Path file, String name, DownloadListener listener, Work<T> work)
            throws IOException, InterruptedException {
        CacheLock lock = hold(file, name, listener);
        try {
            return work.run();
        } finally {
            lock.close();
        }
    }

    private static CacheLock hold(Path file, String name, DownloadListener listener)
            throws IOException, InterruptedException {
        Files.createDirectories(file.resolveSibling(""));
        ReentrantLock thread = THREADS.computeIfAbsent(file.toAbsolutePath().normalize(), f -> new ReentrantLock());
        thread.lockInterruptibly();
        FileChannel channel = null;
        try {
            channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            CacheLock held = new CacheLock(thread, channel, process(channel, file, name, listener));
            channel = null;
            thread = null;
            return held;
        } finally {
            if (channel != null) {
                channel.close();
            }
            if (thread != null) {
                thread.unlock();
            }
        }
    }

    private static @Nullable FileLock process(FileChannel channel, Path file, String name, DownloadListener listener)
            throws InterruptedException {
        long begin = System.nanoTime();
        boolean said = false;
        while (true) {
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // Another copy of this class in the same JVM holds it; it will let go.
            } catch (IOException e) {
                System.getLogger(CacheLock.class.getName())
                        .log(
                                System.Logger.Level.DEBUG,
                                "'" + file + "' cannot be locked; two processes at once may fetch it twice",
                                e);
                return null;
            }
            if (lock != null) {
                return lock;
            }
            if (!said && System.nanoTime() - begin > SAY_AFTER_NANOS) {
                listener.note("waiting for another process that downloads " + name);
                said = true;
            }
            Thread.sleep(POLL_MILLIS);
        }
    }

    private void close() throws IOException {
        try {
            if (process != null) {
                process.release();
            }
            channel.close();
        } finally {
            thread.unlock();
        }
    }
}
