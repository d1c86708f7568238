// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import java.io.PrintWriter;
import java.util.Locale;
import org.tl4j.hub.CachedFile;
import org.tl4j.model.Config;
import org.tl4j.model.TaskHead;
import org.tl4j.tuning.History;
import org.tl4j.tuning.TrainingListener;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command writes: answers to standard output, progress to standard error. */
final class Console implements TrainingListener {
    private static final int SHOWN_METRICS = 3;
    private static final int BAR = 24;
    private static final long REDRAW_NANOS = 100_000_000L;

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean interactive = Ansi.AUTO.enabled();
    private long phaseBegin;
    private long lastDraw;
    private boolean drawn;
    private String phaseTitle = "";
    private String downloaded = "";
    private long downloadBegin;
    private long downloadFrom;

    Console(CommandSpec spec) {
        out = spec.commandLine().getOut();
        err = spec.commandLine().getErr();
    }

    /** A line of the answer. */
    void print(String line) {
        clear();
        out.println(line);
        out.flush();
    }

    /** The answer as one line of JSON. */
    void json(Config answer) {
        clear();
        out.println(answer.toJson());
        out.flush();
    }

    @Override
    public void note(String sentence) {
        clear();
        err.println(sentence);
        err.flush();
    }

    @Override
    public void phase(int index, int count, String title, long steps) {
        phaseTitle = count == 1 ? title : "phase " + (index + 1) + "/" + count + ": " + title;
        phaseBegin = System.nanoTime();
        note(phaseTitle);
    }

    @Override
    public void progress(String what, long done, long total) {
        if (done <= 1 || phaseBegin == 0) {
            phaseBegin = System.nanoTime();
        }
        draw(what, done, total, "");
    }

    @Override
    public void download(String file, long done, long total) {
        if (!file.equals(downloaded)) {
            downloaded = file;
            downloadBegin = System.nanoTime();
            downloadFrom = done;
        }
        long now = System.nanoTime();
        if (!interactive || now - lastDraw < REDRAW_NANOS && done < total) {
            return;
        }
        lastDraw = now;
        double rate = (done - downloadFrom) / Math.max(1e-3, (now - downloadBegin) / 1e9);
        String speed = CachedFile.megabytes(Math.round(rate)) + "/s";
        if (total > 0) {
            err.printf(
                    "\r\u001b[K  %s [%s] %s of %s  %s  %s left",
                    file,
                    bar(done, total),
                    CachedFile.megabytes(done),
                    CachedFile.megabytes(total),
                    speed,
                    rate > 0 ? time((total - done) / rate) : "some time");
        } else {
            err.printf("\r\u001b[K  %s %s  %s", file, CachedFile.megabytes(done), speed);
        }
        err.flush();
        drawn = true;
    }

    @Override
    public void step(Step s) {
        if (s.step() == 1) {
            phaseBegin = System.nanoTime();
        }
        draw("step", s.step(), s.steps(), String.format(Locale.ROOT, "loss %.4f  rate %.2e", s.loss(), s.rate()));
    }

    @Override
    public void epoch(History.Epoch e) {
        StringBuilder s =
                new StringBuilder(String.format(Locale.ROOT, "  epoch %2d  train loss %.4f", e.epoch(), e.trainLoss()));
        Double loss = e.validation().get(TaskHead.LOSS);
        if (loss != null) {
            s.append(String.format(Locale.ROOT, "  validation loss %.4f", loss));
        }
        // A classifier's logLoss is its loss again, where neither weights nor smoothing make it another.
        e.validation().entrySet().stream()
                .filter(v -> !v.getValue().equals(loss))
                .limit(SHOWN_METRICS)
                .forEach(v -> s.append(String.format(Locale.ROOT, "  %s %.4f", v.getKey(), v.getValue())));
        s.append(String.format(Locale.ROOT, "  %.1f s", e.seconds())).append(e.best() ? "  *" : "");
        note(s.toString());
    }

    /** A bar with the time that is left, redrawn in place on a terminal; elsewhere nothing is drawn between epochs. */
    private void draw(String what, long done, long total, String more) {
        long now = System.nanoTime();
        if (!interactive || total <= 0 || now - lastDraw < REDRAW_NANOS && done < total) {
            return;
        }
        lastDraw = now;
        double left = (now - phaseBegin) / 1e9 / Math.max(1, done) * (total - done);
        err.printf("\r\u001b[K  %s [%s] %d/%d  %s  %s left", what, bar(done, total), done, total, more, time(left));
        err.flush();
        drawn = true;
    }

    private static String bar(long done, long total) {
        int filled = (int) (BAR * done / total);
        return "#".repeat(filled) + ".".repeat(BAR - filled);
    }

    private void clear() {
        if (drawn) {
            err.print("\r\u001b[K");
            err.flush();
            drawn = false;
        }
    }

    static String time(double seconds) {
        long s = Math.round(seconds);
        return s < 60
                ? s + " s"
                : s < 3600 ? s / 60 + " min " + s % 60 + " s" : s / 3600 + " h " + s % 3600 / 60 + " min";
    }
}
