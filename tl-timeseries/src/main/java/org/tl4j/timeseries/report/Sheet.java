// SPDX-License-Identifier: Apache-2.0
package org.tl4j.timeseries.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.FontMetrics;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.Path2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.weights.AtomicFile;

/** A white sheet with lines, areas and texts on it, that can be written as PNG and as SVG. */
public final class Sheet {
    /** Points of a PNG for each of the sheet, so that it is sharp on paper. */
    private static final int DENSITY = 2;

    private final int width;
    private final int height;
    private final List<Mark> marks = new ArrayList<>();

    /** Where a text stands about its point. */
    enum Anchor {
        START("start", 0),
        MIDDLE("middle", 0.5),
        END("end", 1);

        private final String svg;
        private final double share;

        Anchor(String svg, double share) {
            this.svg = svg;
            this.share = share;
        }
    }

    /** How a line is drawn. */
    record Stroke(Color colour, double width, String dashes) {
        static Stroke solid(Color colour, double width) {
            return new Stroke(colour, width, "");
        }

        private float[] lengths() {
            String[] parts = dashes.split(" ");
            float[] out = new float[parts.length];
            for (int i = 0; i < out.length; i++) {
                out[i] = Float.parseFloat(parts[i]);
            }
            return out;
        }
    }

    private sealed interface Mark permits Line, Area, Words {}

    @SuppressWarnings("ArrayRecordComponent") // never compared by its components
    private record Line(double[] x, double[] y, Stroke stroke) implements Mark {}

    @SuppressWarnings("ArrayRecordComponent") // never compared by its components
    private record Area(double[] x, double[] y, Color colour) implements Mark {}

    private record Words(String text, double x, double y, Anchor anchor, int size, Color colour, boolean upwards)
            implements Mark {}

    Sheet(int width, int height) {
        this.width = width;
        this.height = height;
    }

    int width() {
        return width;
    }

    int height() {
        return height;
    }

    /** A line through points; it is interrupted where one is no number. */
    Sheet line(double[] x, double[] y, Stroke stroke) {
        marks.add(new Line(x.clone(), y.clone(), stroke));
        return this;
    }

    Sheet line(double x1, double y1, double x2, double y2, Stroke stroke) {
        return line(new double[] {x1, x2}, new double[] {y1, y2}, stroke);
    }

    Sheet area(double[] x, double[] y, Color colour) {
        marks.add(new Area(x.clone(), y.clone(), colour));
        return this;
    }

    Sheet rectangle(double x, double y, double w, double h, Color colour) {
        return area(new double[] {x, x + w, x + w, x}, new double[] {y, y, y + h, y + h}, colour);
    }

    /** A text whose baseline is y. */
    Sheet text(String text, double x, double y, Anchor anchor, int size, Color colour) {
        marks.add(new Words(text, x, y, anchor, size, colour, false));
        return this;
    }

    /** A text that runs upwards, its baseline at x and its middle at y. */
    Sheet upwards(String text, double x, double y, int size, Color colour) {
        marks.add(new Words(text, x, y, Anchor.MIDDLE, size, colour, true));
        return this;
    }

    /**
     * Writes a file: PNG or SVG by its ending, whole or not at all.
     *
     * @throws org.tl4j.error.WriteFailedException if the disk does not take it
     */
    public void write(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".svg")) {
            AtomicFile.replace(file, part -> Files.writeString(part, svg(), StandardCharsets.UTF_8));
        } else if (name.endsWith(".png")) {
            BufferedImage image = image();
            AtomicFile.replace(file, part -> {
                if (!ImageIO.write(image, "png", part.toFile())) {
                    throw new IOException("this Java platform writes no PNG");
                }
            });
        } else {
            throw new InvalidArgumentException(
                    "A picture is written by the ending of its file.",
                    file.getFileName(),
                    ".png or .svg",
                    "rename the file");
        }
    }

    /** The sheet as SVG. */
    public String svg() {
        StringBuilder out = new StringBuilder();
        out.append(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
                        + " font-family=\"Helvetica, Arial, sans-serif\">%n",
                width,
                height,
                width,
                height));
        out.append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        for (Mark mark : marks) {
            if (mark instanceof Line line) {
                out.append(String.format(
                        Locale.ROOT,
                        "<path d=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%.2f\"%s"
                                + " stroke-linejoin=\"round\"/>\n",
                        path(line.x(), line.y()),
                        hex(line.stroke().colour()),
                        line.stroke().width(),
                        line.stroke().dashes().isEmpty()
                                ? ""
                                : " stroke-dasharray=\"" + line.stroke().dashes() + "\""));
            } else if (mark instanceof Area area) {
                out.append(String.format(
                        Locale.ROOT, "<path d=\"%s Z\" fill=\"%s\"/>\n", path(area.x(), area.y()), hex(area.colour())));
            } else if (mark instanceof Words words) {
                out.append(String.format(
                        Locale.ROOT,
                        "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%d\" fill=\"%s\" text-anchor=\"%s\"%s>%s</text>\n",
                        words.x(),
                        words.y(),
                        words.size(),
                        hex(words.colour()),
                        words.anchor().svg,
                        words.upwards()
                                ? String.format(
                                        Locale.ROOT, " transform=\"rotate(-90 %.1f %.1f)\"", words.x(), words.y())
                                : "",
                        escaped(words.text())));
            }
        }
        return out.append("</svg>\n").toString();
    }

    private static String path(double[] x, double[] y) {
        StringBuilder out = new StringBuilder();
        boolean open = false;
        for (int i = 0; i < x.length; i++) {
            if (Double.isNaN(x[i] + y[i])) {
                open = false;
                continue;
            }
            out.append(String.format(Locale.ROOT, "%s%.1f,%.1f", open ? "L" : "M", x[i], y[i]));
            open = true;
        }
        return out.toString();
    }

    private static String hex(Color c) {
        return String.format(Locale.ROOT, "#%02x%02x%02x", c.getRed(), c.getGreen(), c.getBlue());
    }

    private static String escaped(String text) {
        return text.codePoints()
                .mapToObj(c -> switch (c) {
                    case '&' -> "&amp;";
                    case '<' -> "&lt;";
                    case '>' -> "&gt;";
                    // XML has no way at all to hold most control characters.
                    default -> c < 0x20 ? " " : Character.toString(c);
                })
                .collect(Collectors.joining());
    }

    /** The sheet as points. */
    BufferedImage image() {
        BufferedImage image = new BufferedImage(width * DENSITY, height * DENSITY, BufferedImage.TYPE_INT_RGB);
        Graphics2D pen = image.createGraphics();
        pen.setColor(Color.WHITE);
        pen.fillRect(0, 0, image.getWidth(), image.getHeight());
        pen.scale(DENSITY, DENSITY);
        pen.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        pen.setRenderingHint(RenderingHints.KEY_STROKE_CONTROL, RenderingHints.VALUE_STROKE_PURE);
        boolean hasFonts = findsFonts(pen);
        for (Mark mark : marks) {
            if (mark instanceof Line line) {
                Stroke s = line.stroke();
                pen.setColor(s.colour());
                pen.setStroke(
                        s.dashes().isEmpty()
                                ? new BasicStroke((float) s.width(), BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND)
                                : new BasicStroke(
                                        (float) s.width(),
                                        BasicStroke.CAP_BUTT,
                                        BasicStroke.JOIN_ROUND,
                                        1,
                                        s.lengths(),
                                        0));
                pen.draw(shape(line.x(), line.y()));
            } else if (mark instanceof Area area) {
                pen.setColor(area.colour());
                pen.fill(shape(area.x(), area.y()));
            } else if (mark instanceof Words words && hasFonts) {
                draw(pen, words);
            }
        }
        pen.dispose();
        return image;
    }

    /** A machine without fonts says so in several ways, the first time it is asked. */
    private static boolean findsFonts(Graphics2D pen) {
        try {
            pen.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
            pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
            return pen.getFontMetrics().stringWidth("a") > 0;
        } catch (RuntimeException | LinkageError | InternalError e) {
            System.getLogger(Sheet.class.getName())
                    .log(System.Logger.Level.WARNING, "pictures are drawn without text: no fonts on this machine", e);
            return false;
        }
    }

    private static void draw(Graphics2D pen, Words words) {
        pen.setColor(words.colour());
        pen.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, words.size()));
        FontMetrics metrics = pen.getFontMetrics();
        float left = (float) (-words.anchor().share * metrics.stringWidth(words.text()));
        pen.translate(words.x(), words.y());
        if (words.upwards()) {
            pen.rotate(-Math.PI / 2);
        }
        pen.drawString(words.text(), left, 0);
        if (words.upwards()) {
            pen.rotate(Math.PI / 2);
        }
        pen.translate(-words.x(), -words.y());
    }

    private static Path2D shape(double[] x, double[] y) {
        Path2D path = new Path2D.Double();
        boolean open = false;
        for (int i = 0; i < x.length; i++) {
            if (Double.isNaN(x[i] + y[i])) {
                open = false;
            } else if (open) {
                path.lineTo(x[i], y[i]);
            } else {
                path.moveTo(x[i], y[i]);
                open = true;
            }
        }
        return path;
    }
}
