// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.backbone;

/** Numbers of channels of networks that are scaled in width. */
final class Channels {
    private static final int DIVISOR = 8;

    private Channels() {}

    /** The multiple of 8 nearest to a width, as the MobileNet papers round it. */
    static int rounded(double width) {
        return rounded(width, DIVISOR);
    }

    /** The multiple nearest to a width that is not more than a tenth smaller, at least one. */
    static int rounded(double width, int divisor) {
        int nearest = Math.max(divisor, (int) (width + divisor / 2.0) / divisor * divisor);
        return nearest < 0.9 * width ? nearest + divisor : nearest;
    }
}
