// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

/** Hears how a download goes. Every method does nothing by default. */
public interface DownloadListener {
    /** A listener that does nothing. */
    DownloadListener NONE = new DownloadListener() {};

    /** A sentence for the log, such as that another process downloads the same file. */
    default void note(String sentence) {}

    /**
     * Bytes came.
     *
     * @param file what is downloaded, by its last name
     * @param done bytes that are on the disk, those of an earlier broken download included
     * @param total bytes of the whole file, or -1 where the server does not say
     */
    default void download(String file, long done, long total) {}
}
