// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.report;

import java.awt.Color;
import java.util.Locale;
import org.tl4j.timeseries.report.Sheet.Anchor;
import org.tl4j.timeseries.report.Sheet.Stroke;

/** The frame of a chart: axes with round numbers, a title, a legend above, and where values lie on the sheet. */
final class Frame {
    static final Color INK = new Color(0x22, 0x22, 0x22);
    static final Color FAINT = new Color(0xdd, 0xdd, 0xdd);
    private static final Color AXIS = new Color(0x66, 0x66, 0x66);
    private static final int LEFT = 70;
    private static final int RIGHT = 20;
    private static final int TOP = 64;
    private static final int BOTTOM = 60;
    private static final int SMALL = 12;
    private static final int TITLE = 15;

    final Sheet sheet;
    private final double firstX;
    private final double lastX;
    private final double low;
    private final double high;
    private double legend = LEFT;

    /** A frame for values from the least to the most, widened to round numbers, and positions from first to last. */
    Frame(String title, String unit, double firstX, double lastX, double least, double most) {
        this.sheet = new Sheet(900, 420);
        this.firstX = firstX;
        this.lastX = lastX > firstX ? lastX : firstX + 1;
        // What never changes is shown in the middle.
        double margin = most > least ? 0 : Math.max(1, 0.1 * Math.abs(least));
        double step = step(least - margin, most + margin, 6);
        this.low = Math.floor((least - margin) / step + 1e-9) * step;
        this.high = Math.max(this.low + step, Math.ceil((most + margin) / step - 1e-9) * step);
        sheet.text(title, LEFT, 24, Anchor.START, TITLE, INK);
        int digits = (int) Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
        for (int i = 0; this.low + i * step <= this.high + step / 2; i++) {
            double v = this.low + i * step;
            sheet.line(LEFT, y(v), sheet.width() - RIGHT, y(v), Stroke.solid(FAINT, 0.7));
            sheet.text(number(v, digits, step), LEFT - 8, y(v) + 4, Anchor.END, SMALL, INK);
        }
        sheet.upwards(unit, 18, (TOP + sheet.height() - BOTTOM) / 2.0, SMALL, INK);
    }

    private static String number(double v, int digits, double step) {
        double shown = Math.abs(v) < step / 1000 ? 0 : v;
        return Math.abs(v) >= 1e7 || digits > 5
                ? String.format(Locale.ROOT, "%.3g", shown)
                : String.format(Locale.ROOT, "%." + digits + "f", shown);
    }

    /** 1, 2 or 5 times a power of ten, so that there are at most so many steps. */
    static double step(double low, double high, int most) {
        double rough = (high - low) / most;
        double power = Math.pow(10, Math.floor(Math.log10(rough)));
        for (double factor : new double[] {1, 2, 5}) {
            if (factor * power >= rough * 0.999) {
                return factor * power;
            }
        }
        return 10 * power;
    }

    double x(double position) {
        return LEFT + 10 + (position - firstX) / (lastX - firstX) * (sheet.width() - LEFT - RIGHT - 20);
    }

    double y(double value) {
        return sheet.height() - BOTTOM - (value - low) / (high - low) * (sheet.height() - TOP - BOTTOM);
    }

    /** A mark at the axis below, with one line of text or two. */
    void tick(double position, String text, String below) {
        double bottom = sheet.height() - BOTTOM;
        sheet.line(x(position), bottom, x(position), bottom + 5, Stroke.solid(AXIS, 1));
        sheet.text(text, x(position), bottom + 19, Anchor.MIDDLE, SMALL, INK);
        if (!below.isEmpty()) {
            sheet.text(below, x(position), bottom + 33, Anchor.MIDDLE, SMALL, INK);
        }
    }

    /** The line below, and what it stands for. */
    void finish(String what) {
        double bottom = sheet.height() - BOTTOM;
        sheet.line(LEFT, bottom, sheet.width() - RIGHT, bottom, Stroke.solid(AXIS, 1));
        sheet.text(what, (LEFT + sheet.width() - RIGHT) / 2.0, sheet.height() - 10, Anchor.MIDDLE, SMALL, INK);
    }

    void line(double[] positions, double[] values, Stroke stroke) {
        if (values.length == 1) {
            // A single value would be a line without length.
            sheet.line(x(positions[0]) - 4, y(values[0]), x(positions[0]) + 4, y(values[0]), stroke);
            return;
        }
        double[] xs = new double[values.length];
        double[] ys = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            xs[i] = x(positions[i]);
            ys[i] = y(values[i]);
        }
        sheet.line(xs, ys, stroke);
    }

    /** What lies between two lines. */
    void band(double[] positions, double[] lower, double[] upper, Color colour) {
        int n = positions.length;
        double[] xs = new double[2 * n];
        double[] ys = new double[2 * n];
        for (int i = 0; i < n; i++) {
            xs[i] = x(positions[i]);
            ys[i] = y(lower[i]);
            xs[2 * n - 1 - i] = x(positions[i]);
            ys[2 * n - 1 - i] = y(upper[i]);
        }
        sheet.area(xs, ys, colour);
    }

    void entry(String name, Stroke stroke) {
        sheet.line(legend, 45, legend + 26, 45, stroke);
        sheet.text(name, legend + 32, 49, Anchor.START, SMALL, INK);
        legend += 52 + 6.6 * name.length();
    }

    void entry(String name, Color colour) {
        sheet.rectangle(legend, 39, 26, 12, colour);
        sheet.text(name, legend + 32, 49, Anchor.START, SMALL, INK);
        legend += 52 + 6.6 * name.length();
    }
}
