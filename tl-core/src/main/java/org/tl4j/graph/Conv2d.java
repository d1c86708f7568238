// SPDX-License-Identifier: Apache-2.0
package org.tl4j.graph;

/**
 * A two-dimensional convolution layer, by PyTorch's settings and with PyTorch's defaults: stride 1, no padding, no
 * dilation, one group, a bias. Each method gives a changed copy: {@code Conv2d.of(64, 7).withStride(2).withPadding(3)}.
 *
 * @param out channels of the result
 * @param kernelHeight rows of the window
 * @param kernelWidth columns of the window
 * @param stride elements from one window to the next
 * @param paddingHeight rows of zeros above and as many below
 * @param paddingWidth columns of zeros on the left and as many on the right
 * @param dilation elements from one row of the window to the next
 * @param groups parts of the channels that do not see each other
 * @param bias whether a number is added to each channel
 * @param init of the weight
 */
public record Conv2d(
        long out,
        int kernelHeight,
        int kernelWidth,
        int stride,
        int paddingHeight,
        int paddingWidth,
        int dilation,
        long groups,
        boolean bias,
        Init init) {

    /** A square window. */
    public static Conv2d of(long out, int kernel) {
        return of(out, kernel, kernel);
    }

    /** A window of any height and width. */
    public static Conv2d of(long out, int kernelHeight, int kernelWidth) {
        return new Conv2d(out, kernelHeight, kernelWidth, 1, 0, 0, 1, 1, true, new Init.FanIn(0));
    }

    /** Another stride. */
    public Conv2d withStride(int step) {
        return new Conv2d(
                out, kernelHeight, kernelWidth, step, paddingHeight, paddingWidth, dilation, groups, bias, init);
    }

    /** As much padding on every side. */
    public Conv2d withPadding(int zeros) {
        return withPadding(zeros, zeros);
    }

    /** Padding above and below, on the left and on the right. */
    public Conv2d withPadding(int height, int width) {
        return new Conv2d(out, kernelHeight, kernelWidth, stride, height, width, dilation, groups, bias, init);
    }

    /** The padding with which a window of odd size and stride 1 keeps height and width, as dilated as it is by now. */
    public Conv2d withSamePadding() {
        return withPadding((kernelHeight - 1) / 2 * dilation, (kernelWidth - 1) / 2 * dilation);
    }

    /** Another dilation. */
    public Conv2d withDilation(int distance) {
        return new Conv2d(
                out, kernelHeight, kernelWidth, stride, paddingHeight, paddingWidth, distance, groups, bias, init);
    }

    /** Another number of groups. */
    public Conv2d withGroups(long parts) {
        return new Conv2d(
                out, kernelHeight, kernelWidth, stride, paddingHeight, paddingWidth, dilation, parts, bias, init);
    }

    /** Without a bias, as before a norm. */
    public Conv2d withoutBias() {
        return new Conv2d(
                out, kernelHeight, kernelWidth, stride, paddingHeight, paddingWidth, dilation, groups, false, init);
    }

    /** Another initial weight. */
    public Conv2d withInit(Init weight) {
        return new Conv2d(
                out, kernelHeight, kernelWidth, stride, paddingHeight, paddingWidth, dilation, groups, bias, weight);
    }

    /**
     * He initialisation by what leaves each window, as torchvision does: normal with variance {@code 2 / (out kH kW)};
     * He et al. 2015, arXiv:1502.01852.
     */
    public Conv2d withHeInit() {
        return withInit(new Init.Normal(Math.sqrt(2.0 / (out * (double) kernelHeight * kernelWidth))));
    }
}
