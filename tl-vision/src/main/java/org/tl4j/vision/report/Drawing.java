// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.report;

import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.tl4j.vision.input.Image;
import org.tl4j.weights.AtomicFile;

/** A white sheet to draw on, and to write as PNG. */
final class Drawing {
    private static final String FORMAT = "png";

    private final BufferedImage sheet;
    private final Graphics2D pen;
    private final boolean hasFonts;

    Drawing(int width, int height) {
        this.sheet = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        this.pen = sheet.createGraphics();
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, width, height);
        this.hasFonts = findsFonts();
    }

    /** A machine without fonts says so in several ways, the first time it is asked. */
    private boolean findsFonts() {
        try {
            pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
            return pen.getFontMetrics().stringWidth("a") > 0;
        } catch (RuntimeException | LinkageError | InternalError e) {
            System.getLogger(Drawing.class.getName())
                    .log(System.Logger.Level.WARNING, "pictures are drawn without text: no fonts on this machine", e);
            return false;
        }
    }

    Drawing fill(Color colour, int x, int y, int width, int height) {
        pen.setColor(colour);
        pen.fillRect(x, y, width, height);
        return this;
    }

    Drawing image(Image image, int x, int y) {
        for (int row = 0; row < image.height(); row++) {
            for (int column = 0; column < image.width(); column++) {
                sheet.setRGB(x + column, y + row, image.rgb(column, row));
            }
        }
        return this;
    }

    /** Text whose left end stands at x, cut short to a width, on a line whose middle is y. */
    Drawing text(String text, Color colour, int size, int x, int y, int width) {
        if (hasFonts) {
            FontMetrics metrics = font(colour, size);
            pen.drawString(cut(text, metrics, width), x, middle(metrics, y));
        }
        return this;
    }

    /** Text whose middle stands at x. */
    Drawing centred(String text, Color colour, int size, int x, int y, int width) {
        if (hasFonts) {
            FontMetrics metrics = font(colour, size);
            String shown = cut(text, metrics, width);
            pen.drawString(shown, x - metrics.stringWidth(shown) / 2, middle(metrics, y));
        }
        return this;
    }

    /** Text that runs upwards from y. */
    Drawing upwards(String text, Color colour, int size, int x, int y, int length) {
        if (hasFonts) {
            FontMetrics metrics = font(colour, size);
            pen.translate(x, y);
            pen.rotate(-Math.PI / 2);
            pen.drawString(cut(text, metrics, length), 0, middle(metrics, 0));
            pen.rotate(Math.PI / 2);
            pen.translate(-x, -y);
        }
        return this;
    }

    private FontMetrics font(Color colour, int size) {
        pen.setColor(colour);
        pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
        return pen.getFontMetrics();
    }

    private static int middle(FontMetrics metrics, int y) {
        return y + (metrics.getAscent() - metrics.getDescent()) / 2;
    }

    private static String cut(String text, FontMetrics metrics, int width) {
        if (metrics.stringWidth(text) <= width) {
            return text;
        }
        int length = text.length();
        while (length > 0 && metrics.stringWidth(text.substring(0, length) + "…") > width) {
            length--;
        }
        return text.substring(0, length) + "…";
    }

    /** Writes the sheet, whole or not at all. */
    void write(Path file) {
        pen.dispose();
        AtomicFile.replace(file, part -> {
            if (!ImageIO.write(sheet, FORMAT, part.toFile())) {
                throw new IOException("this Java platform writes no PNG");
            }
        });
    }
}
