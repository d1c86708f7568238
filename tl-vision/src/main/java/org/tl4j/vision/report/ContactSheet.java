// SPDX-License-Identifier: Apache-2.0
package org.tl4j.vision.report;

import java.awt.Color;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import org.tl4j.error.Checks;
import org.tl4j.vision.input.Image;
import org.tl4j.vision.input.ImageSource;
import org.tl4j.vision.input.Resampling;

/**
 * The images that a model answers worst, on one sheet, the worst first. However many are added, it holds no more than
 * it will show, and no pixels until it is drawn.
 */
public final class ContactSheet {
    private static final int TILE = 168;
    private static final int EDGE = 4;
    private static final int CAPTION = 34;
    private static final int GAP = 10;
    private static final int COLUMNS = 6;
    private static final Color RIGHT = new Color(0x2e7d32);
    private static final Color WRONG = new Color(0xb3261e);
    private static final Color INK = new Color(0x222222);
    private static final Color FAINT = new Color(0x777777);

    private final int most;
    private final PriorityQueue<Entry> worst;
    private long added;

    /** An empty sheet with room for so many images. */
    public ContactSheet(int most) {
        this.most = Checks.positive("most", most);
        // The least bad first, so that it can be left out; of equally bad ones the later.
        this.worst = new PriorityQueue<>(Comparator.comparingDouble(Entry::badness)
                .thenComparing(Comparator.comparingLong(Entry::number).reversed()));
    }

    /**
     * An image with what was made of it.
     *
     * @param image where it lies
     * @param isRight whether the answer was right
     * @param badness how bad the answer was: the loss
     * @param caption such as {@code ant, answered bee (0.93)}
     * @param number in which place it was added
     */
    private record Entry(ImageSource image, boolean isRight, double badness, String caption, long number) {}

    /** Adds an image. */
    public void add(ImageSource image, boolean isRight, double badness, String caption) {
        worst.add(new Entry(image, isRight, badness, caption, added++));
        if (worst.size() > most) {
            worst.remove();
        }
    }

    /** What is shown, the worst first. */
    public List<String> captions() {
        return entries().stream().map(Entry::caption).toList();
    }

    private List<Entry> entries() {
        List<Entry> entries = new ArrayList<>(worst);
        entries.sort(worst.comparator().reversed());
        return entries;
    }

    /** Writes the sheet as PNG. */
    public void write(Path file) {
        List<Entry> entries = entries();
        int columns = Math.max(1, Math.min(COLUMNS, entries.size()));
        int rows = Math.max(1, (entries.size() + columns - 1) / columns);
        Drawing sheet = new Drawing(GAP + columns * (TILE + GAP), GAP + rows * (TILE + CAPTION + GAP));
        for (int i = 0; i < entries.size(); i++) {
            Entry e = entries.get(i);
            int x = GAP + i % columns * (TILE + GAP);
            int y = GAP + i / columns * (TILE + CAPTION + GAP);
            sheet.fill(e.isRight ? RIGHT : WRONG, x, y, TILE, TILE);
            sheet.fill(Color.WHITE, x + EDGE, y + EDGE, TILE - 2 * EDGE, TILE - 2 * EDGE);
            Image small = fitted(e.image.read(), TILE - 2 * EDGE);
            sheet.image(small, x + (TILE - small.width()) / 2, y + (TILE - small.height()) / 2);
            sheet.text(e.caption, e.isRight ? INK : WRONG, 12, x, y + TILE + 9, TILE);
            sheet.text(fileName(e.image), FAINT, 10, x, y + TILE + 24, TILE);
        }
        sheet.write(file);
    }

    private static String fileName(ImageSource image) {
        String name = image.name().replace('\\', '/');
        return name.substring(name.lastIndexOf('/') + 1);
    }

    /** All of an image in a square. */
    private static Image fitted(Image image, int side) {
        double scale = side / (double) Math.max(image.width(), image.height());
        int width = (int) Math.max(1, Math.round(image.width() * scale));
        int height = (int) Math.max(1, Math.round(image.height() * scale));
        return image.resize(width, height, Resampling.BILINEAR);
    }
}
