// SPDX-License-Identifier: Apache-2.0
package org.tl4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Audio classification by the command line: files whose names say their labels, trained, judged, asked. */
class AudioCommandsTest {
    @TempDir
    Path folder;

    /** A tone that rises or falls, in noise, as a WAV file of 16 bits at 8 kHz. */
    private static byte[] glide(boolean rises, Random random) {
        int length = 4000 + random.nextInt(3000);
        ByteBuffer out = ByteBuffer.allocate(44 + 2 * length).order(ByteOrder.LITTLE_ENDIAN);
        out.put("RIFF".getBytes(StandardCharsets.ISO_8859_1)).putInt(36 + 2 * length);
        out.put("WAVEfmt ".getBytes(StandardCharsets.ISO_8859_1)).putInt(16);
        out.putShort((short) 1).putShort((short) 1).putInt(8000).putInt(16_000);
        out.putShort((short) 2).putShort((short) 16);
        out.put("data".getBytes(StandardCharsets.ISO_8859_1)).putInt(2 * length);
        double phase = 6 * random.nextDouble();
        for (int t = 0; t < length; t++) {
            double part = (double) t / length;
            phase += 2 * Math.PI * (300 + 1500 * (rises ? part : 1 - part)) / 8000;
            out.putShort((short) (16_000 * Math.sin(phase) + 800 * random.nextGaussian()));
        }
        return out.array();
    }

    @Test
    void trainsJudgesAndAnswers() throws IOException {
        Path sounds = Files.createDirectories(folder.resolve("sounds"));
        Random random = new Random(3);
        for (int i = 0; i < 120; i++) {
            String label = i % 2 == 0 ? "up" : "down";
            Files.write(sounds.resolve(label + "_" + i / 2 + ".wav"), glide(i % 2 == 0, random));
        }
        Path model = folder.resolve("model");
        List<String> data =
                List.of("--data", sounds.toString(), "--set", "pattern={label}_{index}", "--set", "test=index:0-14");

        TlResult trained = tl(
                data,
                "finetune",
                "audio-classification",
                "--backbone",
                "m5-speech-commands",
                "--from-scratch",
                "--strategy",
                "full",
                "--epochs",
                "6",
                "--learning-rate",
                "0.01",
                "--validation-fraction",
                "0",
                "--out",
                model.toString());
        TlResult judged = tl(data, "evaluate", model.toString());
        TlResult answered = tl(
                List.of(),
                "predict",
                model.toString(),
                sounds.resolve("up_3.wav").toString());
        Path text = Files.writeString(folder.resolve("text.wav"), "no sound at all");
        TlResult refused = tl(List.of(), "predict", model.toString(), text.toString());

        assertThat(trained.code()).as(trained.err()).isZero();
        assertThat(trained.out()).contains("on 30 examples");
        String figures = trained.out()
                .lines()
                .filter(l -> l.startsWith("accuracy"))
                .findFirst()
                .orElseThrow();
        assertThat(Double.parseDouble(figures.split("\\s+")[1])).isGreaterThan(0.8);
        assertThat(judged.out()).contains(figures);
        assertThat(answered.out()).containsAnyOf("up (", "down (");
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("text.wav").contains("no WAV file");
    }

    private static TlResult tl(List<String> more, String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(more);
        return TlResult.tl(all.toArray(String[]::new));
    }
}
