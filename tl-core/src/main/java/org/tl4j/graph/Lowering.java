// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

/**
 * One answer for every op of the graph: a translation to another form, or a rule such as that of shapes.
 *
 * <p>Java 17 has no exhaustive switch over a sealed type; this visitor is what makes a new {@link Op} fail to compile
 * wherever it is not handled.
 *
 * @param <R> what an op is turned into
 */
public interface Lowering<R> {
    /** Handles {@link Op.Unary}. */
    R unary(Node node, Op.Unary op);

    /** Handles {@link Op.Binary}. */
    R binary(Node node, Op.Binary op);

    /** Handles {@link Op.Activation}. */
    R activation(Node node, Op.Activation op);

    /** Handles {@link Op.Gelu}. */
    R gelu(Node node, Op.Gelu op);

    /** Handles {@link Op.Clip}. */
    R clip(Node node, Op.Clip op);

    /** Handles {@link Op.Where}. */
    R where(Node node, Op.Where op);

    /** Handles {@link Op.Cast}. */
    R cast(Node node, Op.Cast op);

    /** Handles {@link Op.MatMul}. */
    R matMul(Node node, Op.MatMul op);

    /** Handles {@link Op.Linear}. */
    R linear(Node node, Op.Linear op);

    /** Handles {@link Op.Embedding}. */
    R embedding(Node node, Op.Embedding op);

    /** Handles {@link Op.LayerNorm}. */
    R layerNorm(Node node, Op.LayerNorm op);

    /** Handles {@link Op.GroupNorm}. */
    R groupNorm(Node node, Op.GroupNorm op);

    /** Handles {@link Op.BatchNorm}. */
    R batchNorm(Node node, Op.BatchNorm op);

    /** Handles {@link Op.Conv}. */
    R conv(Node node, Op.Conv op);

    /** Handles {@link Op.ConvTranspose}. */
    R convTranspose(Node node, Op.ConvTranspose op);

    /** Handles {@link Op.Pool}. */
    R pool(Node node, Op.Pool op);

    /** Handles {@link Op.GlobalPool}. */
    R globalPool(Node node, Op.GlobalPool op);

    /** Handles {@link Op.AdaptiveAveragePool}. */
    R adaptiveAveragePool(Node node, Op.AdaptiveAveragePool op);

    /** Handles {@link Op.Softmax}. */
    R softmax(Node node, Op.Softmax op);

    /** Handles {@link Op.Reduce}. */
    R reduce(Node node, Op.Reduce op);

    /** Handles {@link Op.ArgMax}. */
    R argMax(Node node, Op.ArgMax op);

    /** Handles {@link Op.CumSum}. */
    R cumSum(Node node, Op.CumSum op);

    /** Handles {@link Op.Reshape}. */
    R reshape(Node node, Op.Reshape op);

    /** Handles {@link Op.Flatten}. */
    R flatten(Node node, Op.Flatten op);

    /** Handles {@link Op.Transpose}. */
    R transpose(Node node, Op.Transpose op);

    /** Handles {@link Op.Unsqueeze}. */
    R unsqueeze(Node node, Op.Unsqueeze op);

    /** Handles {@link Op.Squeeze}. */
    R squeeze(Node node, Op.Squeeze op);

    /** Handles {@link Op.Concat}. */
    R concat(Node node, Op.Concat op);

    /** Handles {@link Op.Split}. */
    R split(Node node, Op.Split op);

    /** Handles {@link Op.Slice}. */
    R slice(Node node, Op.Slice op);

    /** Handles {@link Op.Gather}. */
    R gather(Node node, Op.Gather op);

    /** Handles {@link Op.GatherElements}. */
    R gatherElements(Node node, Op.GatherElements op);

    /** Handles {@link Op.Expand}. */
    R expand(Node node, Op.Expand op);

    /** Handles {@link Op.Tile}. */
    R tile(Node node, Op.Tile op);

    /** Handles {@link Op.Pad}. */
    R pad(Node node, Op.Pad op);

    /** Handles {@link Op.ShapeOf}. */
    R shapeOf(Node node, Op.ShapeOf op);

    /** Handles {@link Op.ConstantOfShape}. */
    R constantOfShape(Node node, Op.ConstantOfShape op);

    /** Handles {@link Op.Range}. */
    R range(Node node, Op.Range op);

    /** Handles {@link Op.Triangle}. */
    R triangle(Node node, Op.Triangle op);

    /** Handles {@link Op.Resize}. */
    R resize(Node node, Op.Resize op);

    /** Handles {@link Op.Attention}. */
    R attention(Node node, Op.Attention op);

    /** Handles {@link Op.Recurrent}. */
    R recurrent(Node node, Op.Recurrent op);

    /** Handles {@link Op.Dropout}. */
    R dropout(Node node, Op.Dropout op);

    /** Handles {@link Op.StochasticDepth}. */
    R stochasticDepth(Node node, Op.StochasticDepth op);

    /** Handles {@link Op.CrossEntropy}. */
    R crossEntropy(Node node, Op.CrossEntropy op);

    /** Handles {@link Op.BinaryCrossEntropy}. */
    R binaryCrossEntropy(Node node, Op.BinaryCrossEntropy op);
}
