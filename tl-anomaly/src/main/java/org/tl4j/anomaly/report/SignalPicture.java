// SPDX-License-Identifier: Apache-2.0
package org.tl4j.anomaly.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.IntToDoubleFunction;
import javax.imageio.ImageIO;
import org.tl4j.anomaly.dataset.Signal;
import org.tl4j.anomaly.metric.Episode;
import org.tl4j.error.ShapeMismatchException;
import org.tl4j.weights.AtomicFile;

/**
 * A series with its alarms as a picture: above the values, anomalous episodes shaded where they are known, alarms as
 * red lines; below the scores, with the threshold. Where several rows fall on one pixel, their range is drawn, so that
 * no spike is lost.
 */
public final class SignalPicture {
    private static final int WIDTH = 1200;
    private static final int LEFT = 80;
    private static final int RIGHT = 20;
    private static final int TOP = 40;
    private static final int VALUES = 260;
    private static final int GAP = 30;
    private static final int SCORES = 120;
    private static final int HEIGHT = TOP + VALUES + GAP + SCORES + 36;
    private static final int TEXT = 12;

    private static final Color INK = new Color(0x222222);
    private static final Color FRAME = new Color(0xbbbbbb);
    private static final Color LINE = new Color(0x1f5a96);
    private static final Color SCORE = new Color(0x666666);
    private static final Color ALARM = new Color(0xd22b2b);
    private static final Color EPISODE = new Color(0xffe7a8);

    private final BufferedImage sheet = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    private final Graphics2D pen = sheet.createGraphics();
    private final int rows;
    private final boolean hasFonts;

    private SignalPicture(int rows) {
        this.rows = rows;
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, WIDTH, HEIGHT);
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        this.hasFonts = findsFonts();
    }

    /** A machine without fonts says so in several ways, the first time it is asked. */
    private boolean findsFonts() {
        try {
            pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, TEXT));
            return pen.getFontMetrics().stringWidth("a") > 0;
        } catch (RuntimeException | LinkageError | InternalError e) {
            System.getLogger(SignalPicture.class.getName())
                    .log(System.Logger.Level.WARNING, "pictures are drawn without text: no fonts on this machine", e);
            return false;
        }
    }

    /**
     * Writes a series as PNG, whole or not at all.
     *
     * @param scores of all rows
     * @param threshold above which a row is strange; an infinite one is not drawn
     * @param alarms of all rows
     * @param episodes that are known to be anomalous; empty where nothing is known
     */
    public static void write(
            Signal signal, double[] scores, double threshold, boolean[] alarms, List<Episode> episodes, Path file) {
        if (scores.length != signal.length() || alarms.length != signal.length()) {
            throw new ShapeMismatchException(
                    "Scores and alarms are not those of the series.",
                    scores.length + " scores, " + alarms.length + " alarms",
                    signal.length() + " of each",
                    "score all points of the series");
        }
        new SignalPicture(signal.length())
                .draw(signal, scores, threshold, alarms, episodes)
                .save(file);
    }

    private SignalPicture draw(
            Signal signal, double[] scores, double threshold, boolean[] alarms, List<Episode> episodes) {
        int below = TOP + VALUES + GAP;
        pen.setColor(EPISODE);
        for (Episode e : episodes) {
            int from = x(e.first());
            int wide = Math.max(2, x(e.last()) - from);
            pen.fillRect(from, TOP, wide, VALUES);
            pen.fillRect(from, below, wide, SCORES);
        }
        int count = 0;
        pen.setColor(ALARM);
        for (int i = 0; i < rows; i++) {
            if (alarms[i]) {
                count++;
                pen.fillRect(x(i), TOP, 1, VALUES);
                pen.fillRect(x(i) - 3, TOP - 6, 7, 6);
            }
        }
        curve(LINE, TOP, VALUES, Double.NaN, signal::value);
        curve(SCORE, below, SCORES, threshold, i -> scores[i]);
        if (hasFonts) {
            pen.setColor(INK);
            String found = String.format(
                    Locale.ROOT,
                    "%s: %d values, %d alarms%s",
                    signal.name(),
                    rows,
                    count,
                    episodes.isEmpty() ? "" : ", " + episodes.size() + " episodes (shaded)");
            pen.drawString(found, LEFT, 20);
            pen.drawString("value", 8, TOP + VALUES / 2);
            pen.drawString("score", 8, below + SCORES / 2);
            if (signal.time(0) != null) {
                FontMetrics metrics = pen.getFontMetrics();
                String last = Objects.toString(signal.time(rows - 1)).replace('T', ' ');
                pen.drawString(Objects.toString(signal.time(0)).replace('T', ' '), LEFT, HEIGHT - 12);
                pen.drawString(last, WIDTH - RIGHT - metrics.stringWidth(last), HEIGHT - 12);
            }
        }
        return this;
    }

    private int x(int row) {
        return LEFT + (int) ((long) row * (WIDTH - LEFT - RIGHT - 1) / Math.max(1, rows - 1));
    }

    private void curve(Color colour, int top, int height, double threshold, IntToDoubleFunction value) {
        double low = Double.isFinite(threshold) ? threshold : Double.POSITIVE_INFINITY;
        double high = Double.isFinite(threshold) ? threshold : Double.NEGATIVE_INFINITY;
        for (int i = 0; i < rows; i++) {
            double v = value.applyAsDouble(i);
            low = Double.isFinite(v) ? Math.min(low, v) : low;
            high = Double.isFinite(v) ? Math.max(high, v) : high;
        }
        double bottom = low;
        double span = high > low ? high - low : 1;
        pen.setColor(FRAME);
        pen.drawRect(LEFT, top, WIDTH - LEFT - RIGHT - 1, height);
        pen.setColor(colour);
        pen.setStroke(new BasicStroke(1));
        int before = -1;
        for (int i = 0; i < rows; ) {
            int column = x(i);
            double least = Double.POSITIVE_INFINITY;
            double most = Double.NEGATIVE_INFINITY;
            int first = -1;
            int last = -1;
            for (; i < rows && x(i) == column; i++) {
                double v = value.applyAsDouble(i);
                if (Double.isFinite(v)) {
                    int y = top + height - (int) Math.round((v - bottom) / span * height);
                    first = first < 0 ? y : first;
                    last = y;
                    least = Math.min(least, y);
                    most = Math.max(most, y);
                }
            }
            if (first >= 0) {
                if (before >= 0) {
                    pen.drawLine(Math.max(LEFT, column - 1), before, column, first);
                }
                pen.drawLine(column, (int) least, column, (int) most);
                before = last;
            }
        }
        if (Double.isFinite(threshold)) {
            int y = top + height - (int) Math.round((threshold - bottom) / span * height);
            pen.setColor(ALARM);
            pen.drawLine(LEFT, y, WIDTH - RIGHT - 1, y);
        }
        if (hasFonts) {
            pen.setColor(INK);
            right(String.format(Locale.ROOT, "%.4g", high), top + 10);
            right(String.format(Locale.ROOT, "%.4g", low), top + height);
        }
    }

    private void right(String text, int y) {
        pen.drawString(text, LEFT - 6 - pen.getFontMetrics().stringWidth(text), y);
    }

    private void save(Path file) {
        pen.dispose();
        AtomicFile.replace(file, part -> {
            if (!ImageIO.write(sheet, "png", part.toFile())) {
                throw new IOException("this Java platform writes no PNG");
            }
        });
    }
}
