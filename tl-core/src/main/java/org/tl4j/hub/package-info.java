// SPDX-License-Identifier: Apache-2.0
/**
 * Where weights come from: the class path (a Maven artefact that holds them), files, the Hugging Face Hub and other web
 * servers, with a cache that is shared with Python's {@code huggingface_hub}.
 *
 * <pre>{@code
 * Path weights = Hub.standard().path("hf://google-bert/bert-base-uncased@main/model.safetensors");
 * }</pre>
 *
 * <p>This package uses {@code org.tl4j.weights}, {@code .graph}, {@code .tensor} and {@code .error}.
 */
@NullMarked
package org.tl4j.hub;

import org.jspecify.annotations.NullMarked;
