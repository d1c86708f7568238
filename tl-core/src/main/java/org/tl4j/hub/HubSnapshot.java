// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import java.util.List;

/**
 * A repository of the Hugging Face Hub at one commit.
 *
 * @param repository with the commit as its revision, without a path
 * @param files that it holds, by their paths; offline, those that are in the cache
 */
public record HubSnapshot(HubSource.HuggingFace repository, List<String> files) {
    /** Copies the list. */
    public HubSnapshot {
        files = List.copyOf(files);
    }

    /** Whether it holds a file. */
    public boolean has(String path) {
        return files.contains(path);
    }

    /** The source of one of its files. */
    public HubSource.HuggingFace file(String path) {
        return repository.withPath(path);
    }
}
