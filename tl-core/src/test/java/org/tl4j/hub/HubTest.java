// SPDX-License-Identifier: Apache-2.0
package org.tl4j.hub;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.tl4j.hub.LocalHub.COMMIT;
import static org.tl4j.hub.LocalHub.bytes;
import static org.tl4j.hub.LocalHub.changed;
import static org.tl4j.hub.LocalHub.status;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tl4j.error.CorruptFileException;
import org.tl4j.error.DownloadFailedException;
import org.tl4j.error.InvalidArgumentException;
import org.tl4j.error.MissingArtifactException;
import org.tl4j.error.UnknownNameException;
import org.tl4j.error.WriteFailedException;

class HubTest {
    private static final byte[] LARGE = bytes(300_000, 1);
    private static final byte[] SMALL = "{\"model_type\": \"bert\"}\n".getBytes(UTF_8);
    private static final String FILE = "hf://acme/tiny/model.safetensors";

    @TempDir
    private Path temp;

    private LocalHub server;

    @BeforeEach
    void start() throws IOException {
        server = new LocalHub().with("model.safetensors", LARGE).with("onnx/config.json", SMALL);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private Hub hub() {
        return Hub.of(server.settings(temp));
    }

    private Path repository() {
        return temp.resolve("huggingface/hub/models--acme--tiny");
    }

    private Path get(String source, String sha256) {
        return hub().path(HubSource.parse(source), sha256);
    }

    /** Every file that is not complete, and what stands beside it. */
    private List<String> leftovers() throws IOException {
        try (Stream<Path> all = Files.walk(temp)) {
            return all.map(p -> String.valueOf(p.getFileName()))
                    .filter(n -> n.contains("incomplete") || n.contains("tl4j-part"))
                    .sorted()
                    .toList();
        }
    }

    private static List<String> ranges(LocalHub server) {
        return server.requests.stream()
                .filter(r -> r.method().equals("GET"))
                .map(r -> r.header("Range"))
                .toList();
    }

    // ------------------------------------------------------------------------------------------- the layout

    @Test
    void laysFilesOutAsPythonDoes() throws IOException {
        Path large = get(FILE, "");
        Path small = get("hf://acme/tiny@main/onnx/config.json", "");

        assertThat(large)
                .isEqualTo(repository().resolve("snapshots").resolve(COMMIT).resolve("model.safetensors"));
        assertThat(large).hasBinaryContent(LARGE);
        assertThat(small).hasBinaryContent(SMALL);
        assertThat(Files.readSymbolicLink(large)).isEqualTo(Path.of("../../blobs/" + Hub.sha256(LARGE)));
        assertThat(Files.readSymbolicLink(small)).isEqualTo(Path.of("../../../blobs/" + LocalHub.git(SMALL)));
        assertThat(repository().resolve("refs/main")).hasContent(COMMIT);
        assertThat(temp.resolve("huggingface/hub/.locks/models--acme--tiny/" + Hub.sha256(LARGE) + ".lock"))
                .exists();
        assertThat(leftovers()).isEmpty();
    }

    /** Needs a Python that has huggingface_hub; the layout itself is held by the test above. */
    @Test
    void pythonFindsWhatJavaFetchedAndJavaWhatPythonFetched() throws Exception {
        String python = System.getenv("TL4J_PYTHON");
        assumeTrue(python != null, "TL4J_PYTHON names no Python with huggingface_hub");
        Path own = get(FILE, "");
        String script = "import sys; from huggingface_hub import hf_hub_download;"
                + " print(hf_hub_download('acme/tiny', sys.argv[1], local_files_only=sys.argv[2] == 'local'))";

        assertThat(run(python, script, "model.safetensors", "local")).isEqualTo(own.toString());
        String theirs = run(python, script, "onnx/config.json", "remote");

        long asked = server.gets();
        assertThat(get("hf://acme/tiny/onnx/config.json", ""))
                .hasToString(theirs)
                .hasBinaryContent(SMALL);
        assertThat(server.gets()).isEqualTo(asked);
    }

    private String run(String python, String script, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(python, "-c", script));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectError(temp.resolve("python.txt").toFile());
        builder.environment().put("HF_HOME", temp.resolve("huggingface").toString());
        builder.environment().put("HF_ENDPOINT", server.address());
        builder.environment().remove("HF_HUB_OFFLINE");
        builder.environment().remove("HF_HUB_CACHE");
        Process process = builder.start();
        String out = output(process).strip();
        assertThat(process.waitFor())
                .as(Files.readString(temp.resolve("python.txt")))
                .isZero();
        return out;
    }

    @Test
    void aPinnedCommitThatIsThereNeedsNoNetwork() {
        Path first = get("hf://acme/tiny@" + COMMIT + "/model.safetensors", "");
        long asked = server.requests.size();
        Path second = get("hf://acme/tiny@" + COMMIT + "/model.safetensors", Hub.sha256(LARGE));

        assertThat(second).isEqualTo(first);
        assertThat(server.requests).hasSize((int) asked);
    }

    @Test
    void aBranchIsLookedUpAndFetchedOnlyWhereItMoved() throws IOException {
        get(FILE, "");
        Path again = get(FILE, "");
        assertThat(server.gets()).isEqualTo(1);
        byte[] other = changed(LARGE);
        server.with("model.safetensors", other).commit = "2".repeat(40);

        Path moved = get(FILE, "");

        assertThat(moved).isNotEqualTo(again).hasBinaryContent(other);
        assertThat(again).hasBinaryContent(LARGE);
        assertThat(repository().resolve("refs/main")).hasContent("2".repeat(40));
    }

    @Test
    void oneBlobServesSeveralCommits() {
        get(FILE, "");
        server.commit = "2".repeat(40);

        Path moved = get(FILE, "");

        assertThat(moved).hasBinaryContent(LARGE);
        assertThat(server.gets()).isEqualTo(1);
    }

    @Test
    void filesStandWhereLinksCannot() throws IOException {
        HubSettings s = server.settings(temp);
        Hub plain = Hub.of(new HubSettings(
                s.endpoint(),
                null,
                s.huggingFaceCache(),
                s.downloads(),
                false,
                false,
                true,
                s.connectTimeout(),
                s.responseTimeout(),
                s.stallTimeout(),
                s.attempts(),
                s.backOff(),
                s.patience()));

        Path file = plain.path(FILE);

        assertThat(Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
        assertThat(file).hasBinaryContent(LARGE);
        assertThat(plain.path(HubSource.parse(FILE), Hub.sha256(LARGE))).isEqualTo(file);
    }

    @Test
    void listsASnapshotOnlineAndOffline() {
        HubSource.HuggingFace all = (HubSource.HuggingFace) HubSource.parse("hf://acme/tiny");
        HubSnapshot snapshot = hub().snapshot(all);
        assertThat(snapshot.repository().revision()).isEqualTo(COMMIT);
        assertThat(snapshot.files()).containsExactly("model.safetensors", "onnx/config.json");
        get(FILE, "");

        HubSnapshot offline = Hub.of(server.settings(temp).withOffline(true)).snapshot(all);

        assertThat(offline.files()).containsExactly("model.safetensors");
        assertThat(offline.repository().revision()).isEqualTo(COMMIT);
    }

    // ------------------------------------------------------------------------------------------- broken downloads

    @Test
    void goesOnWhereTheServerBrokeOff() {
        server.next(server.truncated(LARGE, 100_000));
        server.next(server.truncated(LARGE, 200_000));

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);

        assertThat(ranges(server)).hasSize(3).element(0).isEqualTo("");
        assertThat(ranges(server).subList(1, 3)).allMatch(r -> r.matches("bytes=[1-9]\\d+-"));
        assertThat(server.requests)
                .last()
                .satisfies(r -> assertThat(r.header("If-Range")).isEqualTo("\"" + Hub.sha256(LARGE) + "\""));
    }

    @Test
    void goesOnAfterAStall() {
        server.next(server.stalled(LARGE, 150_000));

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);

        assertThat(ranges(server)).containsExactly("", "bytes=150000-");
    }

    @Test
    void givesUpOnAServerThatStallsAgainAndAgainAndKeepsWhatCame() throws IOException {
        for (int i = 0; i < 8; i++) {
            server.next(server.stalled(LARGE, 150_000));
        }

        assertThatThrownBy(() -> get(FILE, ""))
                .isInstanceOf(DownloadFailedException.class)
                .hasMessageContaining("stopped answering")
                .hasMessageContaining("nothing came for")
                .hasMessageContaining("what came is kept");
        assertThat(repository().resolve("blobs/" + Hub.sha256(LARGE) + ".tl4j.incomplete"))
                .hasSize(150_000);
        assertThat(repository().resolve("snapshots").resolve(COMMIT).resolve("model.safetensors"))
                .doesNotExist();
        assertThat(hub().cached(HubSource.parse(FILE))).isEmpty();
    }

    @Test
    void beginsAnewWhereTheServerIgnoresRanges() {
        server.ranges = false;
        server.next(server.truncated(LARGE, 100_000));

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);

        assertThat(ranges(server)).hasSize(2);
    }

    @Test
    void givesUpOnAServerThatNeverGetsFurther() {
        server.ranges = false;
        for (int i = 0; i < 20; i++) {
            server.next(server.truncated(LARGE, 100_000));
        }

        assertThatThrownBy(() -> get(FILE, "")).isInstanceOf(DownloadFailedException.class);

        assertThat(server.gets()).isLessThan(8);
    }

    @Test
    void throwsThePartOfAnOldVersionAwayWhenTheFileChanged() {
        byte[] other = changed(LARGE);
        server.next(x -> {
            // Half of the old version; from then on the server has another.
            server.truncated(LARGE, 100_000).answer(x);
            server.with("model.safetensors", other).commit = "2".repeat(40);
            return true;
        });

        Path file = get(FILE, "");

        assertThat(file).hasBinaryContent(other);
        assertThat(file.toString()).contains("2".repeat(40));
    }

    @Test
    void throwsThePartOfAnOldVersionOfAWebFileAway() throws IOException {
        byte[] other = changed(LARGE);
        server.next(x -> {
            server.truncated(LARGE, 100_000).answer(x);
            server.with("model.safetensors", other);
            return true;
        });

        Path file = get(server.address() + "/files/model.safetensors", "");

        assertThat(file).hasBinaryContent(other);
        assertThat(server.requests).last().satisfies(r -> {
            assertThat(r.header("Range")).startsWith("bytes=");
            assertThat(r.header("If-Range")).isEqualTo("\"" + Hub.sha256(LARGE) + "\"");
        });
        assertThat(leftovers()).isEmpty();
    }

    @Test
    void aPartThatWasDamagedIsFetchedAgainFromItsBeginning() throws IOException {
        Path partial = repository().resolve("blobs/" + Hub.sha256(LARGE) + ".tl4j.incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, new byte[1000]);

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);

        assertThat(ranges(server)).containsExactly("bytes=1000-", "");
    }

    @Test
    void aCompletePartNeedsNoFurtherByte() throws IOException {
        Path partial = repository().resolve("blobs/" + Hub.sha256(LARGE) + ".tl4j.incomplete");
        Files.createDirectories(partial.getParent());
        Files.write(partial, LARGE);

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);

        assertThat(server.gets()).isZero();
    }

    @Test
    void triesAgainAfterServerErrors() {
        server.next(status(503));
        server.next(status(500));

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);
    }

    @Test
    void waitsAsLongAsAServerAsks() {
        server.next(status(429, "Retry-After", "1"));
        long begin = System.nanoTime();

        assertThat(get(FILE, "")).hasBinaryContent(LARGE);

        assertThat(System.nanoTime() - begin).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(950));
    }

    @Test
    void doesNotWaitForEver() {
        server.next(status(429, "Retry-After", "3600"));

        assertThatThrownBy(() -> get(FILE, ""))
                .isInstanceOf(DownloadFailedException.class)
                .hasMessageContaining("429")
                .hasMessageContaining("try again after 3600 s")
                .hasMessageContaining("HF_TOKEN");
        assertThat(server.gets()).isEqualTo(1);
    }

    @Test
    void saysThatAServerFailsAgainAndAgain() {
        for (int i = 0; i < 8; i++) {
            server.next(status(500));
        }

        assertThatThrownBy(() -> get(server.address() + "/files/model.safetensors", ""))
                .isInstanceOf(DownloadFailedException.class)
                .hasMessageContaining("status 500 again and again");
        assertThat(server.gets()).isEqualTo(4);
    }

    // ------------------------------------------------------------------------------------------- redirects, token

    @Test
    void followsToAnotherHostAndLeavesTheTokenBehind() throws IOException {
        try (LocalHub other = new LocalHub().with("model.safetensors", LARGE)) {
            server.next(status(
                    302,
                    "Location",
                    other.address() + "/files/model.safetensors?signature=1",
                    "X-Linked-Etag",
                    "\"" + Hub.sha256(LARGE) + "\""));
            Hub hub = Hub.of(server.settings(temp).withToken("hf_secret"));

            assertThat(hub.path(FILE)).hasBinaryContent(LARGE);

            assertThat(server.requests).allMatch(r -> r.header("Authorization").equals("Bearer hf_secret"));
            assertThat(other.requests)
                    .hasSize(1)
                    .allMatch(r -> r.header("Authorization").isEmpty());
        }
    }

    @Test
    void sendsNoTokenToOtherServers() throws IOException {
        try (LocalHub other = new LocalHub().with("a.bin", LARGE)) {
            Hub.of(server.settings(temp).withToken("hf_secret")).path(other.address() + "/files/a.bin");

            assertThat(other.requests)
                    .hasSize(1)
                    .allMatch(r -> r.header("Authorization").isEmpty());
        }
    }

    @Test
    void refusesEndlessRedirects() {
        for (int i = 0; i < 40; i++) {
            server.next(status(302, "Location", "/files/model.safetensors"));
        }

        assertThatThrownBy(() -> get(server.address() + "/files/model.safetensors", ""))
                .isInstanceOf(DownloadFailedException.class)
                .hasMessageContaining("more than 10 redirects");
    }

    // ------------------------------------------------------------------------------------------- hashes

    @Test
    void removesAFileThatArrivedDamaged() throws IOException {
        server.next(x -> {
            x.getResponseHeaders().add("X-Repo-Commit", COMMIT);
            server.give(x, changed(LARGE), LocalHub.etag(LARGE), LARGE.length);
            return true;
        });

        assertThatThrownBy(() -> get(FILE, ""))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("arrived damaged and was removed")
                .hasMessageContaining(Hub.sha256(LARGE))
                .hasMessageContaining(Hub.sha256(changed(LARGE)));
        assertThat(leftovers()).isEmpty();
        assertThat(hub().cached(HubSource.parse(FILE))).isEmpty();
    }

    @Test
    void refusesAFileThatIsNotTheExpectedOneAndLeavesItToOthers() {
        assertThatThrownBy(() -> get(FILE, "0".repeat(64)))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("0".repeat(64))
                .hasMessageContaining(Hub.sha256(LARGE));
        assertThat(hub().cached(HubSource.parse(FILE))).isPresent();
    }

    @Test
    void fetchesAFileAgainThatWasDamagedInTheCache() throws IOException {
        Path file = get(FILE, "");
        Files.write(file, changed(LARGE));

        assertThat(get(FILE, Hub.sha256(LARGE))).hasBinaryContent(LARGE);
        assertThat(server.gets()).isEqualTo(2);
    }

    @Test
    void checksTheHashInANameAsTorchvisionDoes() throws IOException {
        String hash = Hub.sha256(LARGE).substring(0, 8);
        server.with("resnet-" + hash + ".pth", LARGE)
                .with("resnet-0badc0de.pth", LARGE)
                .with("run-20210831.pth", LARGE);

        assertThat(get(server.address() + "/files/resnet-" + hash + ".pth", "")).hasBinaryContent(LARGE);
        assertThat(get(server.address() + "/files/run-20210831.pth", "")).hasBinaryContent(LARGE);
        assertThatThrownBy(() -> get(server.address() + "/files/resnet-0badc0de.pth", ""))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("a sha256 that begins with 0badc0de")
                .hasMessageContaining(Hub.sha256(LARGE))
                .hasMessageContaining("was removed");
        assertThat(leftovers()).isEmpty();
        assertThat(hub().cached(HubSource.parse(server.address() + "/files/resnet-0badc0de.pth")))
                .isEmpty();
    }

    @Test
    void takesTheFirstDigitsOfAHash() {
        String url = server.address() + "/files/model.safetensors";

        assertThat(get(url, Hub.sha256(LARGE).substring(0, 8).toUpperCase(java.util.Locale.ROOT)))
                .hasBinaryContent(LARGE);
        assertThatThrownBy(() -> get(url, "1234567")).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> get(url, "no hash at all")).isInstanceOf(InvalidArgumentException.class);
        assertThatThrownBy(() -> get(url, "00000000")).isInstanceOf(CorruptFileException.class);
    }

    @Test
    void checksFilesOfThisMachineToo() throws IOException {
        Path file = Files.write(temp.resolve("a.bin"), SMALL);

        assertThat(get("file:" + file, Hub.sha256(SMALL))).isEqualTo(file);
        assertThatThrownBy(() -> get("file:" + file, "0".repeat(64)))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining(Hub.sha256(SMALL));
        assertThatThrownBy(() -> get("file:" + temp.resolve("b.bin"), "")).isInstanceOf(MissingArtifactException.class);
        assertThatThrownBy(() -> get("classpath:a.bin", "")).hasMessageContaining("Hub.read");
    }

    // ------------------------------------------------------------------------------------------- refusals

    @Test
    void namesTheNearestFileOfTheRepository() {
        assertThatThrownBy(() -> get("hf://acme/tiny/model.safetensor", ""))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("'model.safetensor'")
                .hasMessageContaining("perhaps model.safetensors");
    }

    @Test
    void namesARepositoryThatIsNotThere() {
        assertThatThrownBy(() -> get("hf://acme/nothing/model.safetensors", ""))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("no repository 'acme/nothing'");
        assertThatThrownBy(() -> get(server.address() + "/files/nothing.pth", ""))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("There is no file at")
                .hasMessageContaining("404");
    }

    @Test
    void saysWhatAGatedRepositoryWants() {
        server.next(status(403, "X-Error-Code", "GatedRepo", "X-Error-Message", "ask first"));

        assertThatThrownBy(() -> get(FILE, ""))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("gated")
                .hasMessageContaining("ask first")
                .hasMessageContaining("HF_TOKEN")
                .hasMessageContaining("/acme/tiny");
    }

    @Test
    void saysThatATokenIsNeededOrRefused() {
        server.next(status(401));
        assertThatThrownBy(() -> get(FILE, ""))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("no public repository 'acme/tiny'")
                .hasMessageContaining("set HF_TOKEN");
        server.next(status(401));
        assertThatThrownBy(() ->
                        Hub.of(server.settings(temp).withToken("hf_secret")).path(FILE))
                .hasMessageContaining("The token does not open 'acme/tiny'")
                .hasMessageNotContaining("hf_secret");
    }

    @Test
    void saysThatNothingAnswers() {
        HubSettings settings = server.settings(temp);
        server.close();

        assertThatThrownBy(() -> Hub.of(settings).path(FILE))
                .isInstanceOf(DownloadFailedException.class)
                .hasMessageContaining("127.0.0.1")
                .hasMessageContaining("-Dhttps.proxyHost");
    }

    @Test
    void usesTheCacheWhereNothingAnswers() {
        HubSettings settings = server.settings(temp);
        Path file = get(FILE, "");
        server.close();
        List<String> notes = new ArrayList<>();

        Path again = Hub.of(settings)
                .withListener(new DownloadListener() {
                    @Override
                    public void note(String sentence) {
                        notes.add(sentence);
                    }
                })
                .path(FILE);

        assertThat(again).isEqualTo(file);
        assertThat(notes).singleElement().asString().contains("does not answer").contains("cache is used");
    }

    @Test
    void offlineUsesTheCacheAndSaysWhatItHas() {
        Hub offline = Hub.of(server.settings(temp).withOffline(true));
        assertThatThrownBy(() -> offline.path(FILE))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("HF_HUB_OFFLINE")
                .hasMessageContaining("nothing");
        Path file = get(FILE, "");
        long asked = server.requests.size();

        assertThat(offline.path(FILE)).isEqualTo(file);
        assertThatThrownBy(() -> offline.path("hf://acme/tiny/onnx/config.json"))
                .hasMessageContaining("of this revision model.safetensors");
        assertThatThrownBy(() -> offline.path("hf://acme/tiny@v2/onnx/config.json"))
                .hasMessageContaining("the revisions main, " + COMMIT);
        assertThatThrownBy(() -> offline.path("hf://acme/other/config.json")).hasMessageContaining("acme/tiny");
        assertThatThrownBy(() -> offline.path(server.address() + "/files/model.safetensors"))
                .isInstanceOf(MissingArtifactException.class)
                .hasMessageContaining("HF_HUB_OFFLINE");
        assertThat(server.requests).hasSize((int) asked);
    }

    @Test
    void refusesAServerThatIsNoHub() {
        assertThatThrownBy(() -> {
                    HubSettings s = server.settings(temp);
                    server.with("acme/tiny/resolve/main/x", SMALL);
                    Hub.of(new HubSettings(
                                    server.uri("/files"),
                                    null,
                                    s.huggingFaceCache(),
                                    s.downloads(),
                                    false,
                                    true,
                                    true,
                                    s.connectTimeout(),
                                    s.responseTimeout(),
                                    s.stallTimeout(),
                                    1,
                                    s.backOff(),
                                    s.patience()))
                            .path("hf://acme/tiny/x");
                })
                .isInstanceOf(DownloadFailedException.class)
                .hasMessageContaining("does not answer like the Hugging Face Hub")
                .hasMessageContaining("HF_ENDPOINT");
    }

    @Test
    void readsACacheThatCannotBeWritten() throws IOException {
        Path file = get(FILE, "");
        Path references = repository().resolve("refs");
        Files.delete(references.resolve("main"));
        Files.delete(references);
        Files.writeString(references, "no folder, so that nothing can be noted in it");

        assertThat(get(FILE, "")).isEqualTo(file);
    }

    @Test
    void saysThatACacheCannotBeWritten() throws IOException {
        Files.writeString(temp.resolve("huggingface"), "a file where the folder should be");
        Files.writeString(temp.resolve("tl4j"), "a file where the folder should be");

        assertThatThrownBy(() -> get(FILE, ""))
                .isInstanceOf(WriteFailedException.class)
                .hasMessageContaining("cannot be written")
                .hasMessageContaining("HF_HOME");
        assertThatThrownBy(() -> get(server.address() + "/files/model.safetensors", ""))
                .isInstanceOf(WriteFailedException.class)
                .hasMessageContaining("TL4J_HOME");
    }

    // ------------------------------------------------------------------------------------------- at once

    @Test
    void manyThreadsFetchOnce() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Callable<Path>> tasks = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                tasks.add(() -> get(FILE, ""));
                tasks.add(() -> get(server.address() + "/files/model.safetensors", ""));
            }
            for (Future<Path> f : threads.invokeAll(tasks)) {
                assertThat(f.get()).hasBinaryContent(LARGE);
            }
            assertThat(server.gets()).isEqualTo(2);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void twoProcessesFetchOnceAndAKilledOneLeavesAPartThatTheNextGoesOnWith() throws Exception {
        server.next(server.stalled(LARGE, 150_000));
        Path partial = repository().resolve("blobs/" + Hub.sha256(LARGE) + ".tl4j.incomplete");
        Process killed = process("60");
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!(Files.exists(partial) && Files.size(partial) == 150_000) && System.nanoTime() < end) {
            Thread.sleep(20);
        }
        killed.destroyForcibly().waitFor();
        assertThat(partial).hasSize(150_000);
        assertThat(hub().cached(HubSource.parse(FILE))).isEmpty();

        Process one = process("5");
        Process two = process("5");

        assertThat(one.waitFor()).as(output(one)).isZero();
        assertThat(two.waitFor()).as(output(two)).isZero();
        assertThat(hub().cached(HubSource.parse(FILE)).orElseThrow()).hasBinaryContent(LARGE);
        assertThat(ranges(server)).containsExactly("", "bytes=150000-");
        assertThat(leftovers()).isEmpty();
    }

    private static String output(Process p) throws IOException {
        return new String(p.getInputStream().readAllBytes(), UTF_8);
    }

    private Process process(String stall) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(), Fetch.class.getName(), FILE)
                .redirectErrorStream(true);
        builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
        builder.environment().put("HF_HOME", temp.resolve("huggingface").toString());
        builder.environment().put("HF_ENDPOINT", server.address());
        builder.environment().put("HF_HUB_DOWNLOAD_TIMEOUT", stall);
        builder.environment().remove("HF_HUB_OFFLINE");
        builder.environment().remove("HF_HUB_CACHE");
        return builder.start();
    }

    /** A process that fetches one file. */
    static final class Fetch {
        private Fetch() {}

        public static void main(String[] arguments) {
            Hub.standard().path(arguments[0]);
        }
    }

    // ------------------------------------------------------------------------------------------- progress, cache

    @Test
    void tellsHowItGoes() {
        List<Long> done = new ArrayList<>();
        List<String> notes = new ArrayList<>();
        server.next(server.stalled(LARGE, 150_000));

        hub().withListener(new DownloadListener() {
                    @Override
                    public void note(String sentence) {
                        notes.add(sentence);
                    }

                    @Override
                    public void download(String file, long bytes, long total) {
                        assertThat(file).isEqualTo("model.safetensors");
                        assertThat(total).isEqualTo(LARGE.length);
                        done.add(bytes);
                    }
                })
                .path(FILE);

        assertThat(notes)
                .singleElement()
                .asString()
                .contains("downloading hf://acme/tiny@main/model.safetensors (300.0 kB)");
        assertThat(done).contains(150_000L).endsWith((long) LARGE.length).isSorted();
    }

    @Test
    void listsAndRemovesWhatIsKept() {
        get(FILE, "");
        String url = server.address() + "/files/model.safetensors";
        get(url, "");

        assertThat(hub().cache()).extracting(CachedFile::source).containsExactly("hf://acme/tiny", url);
        assertThat(hub().cache().get(0).revisions()).containsExactly("main", COMMIT);
        assertThat(hub().cache()).allMatch(c -> c.bytes() >= LARGE.length && c.bytes() < LARGE.length + 1000);
        assertThatThrownBy(() -> hub().remove("hf://acme/tini"))
                .isInstanceOf(UnknownNameException.class)
                .hasMessageContaining("perhaps hf://acme/tiny");
        hub().remove("hf://acme/tiny");
        hub().remove(url);

        assertThat(hub().cache()).isEmpty();
        assertThat(repository()).doesNotExist();
    }

    @Test
    void refusesPathsThatLeaveTheCache() {
        server.commit = "../../../../escape";

        assertThatThrownBy(() -> get(FILE, "")).isInstanceOf(DownloadFailedException.class);
        assertThat(HuggingFaceCache.blobName("\"../../x\"")).matches("[0-9a-f]{64}");
        assertThat(HuggingFaceCache.blobName("W/\"abc\"")).isEqualTo("abc");
    }

    @Test
    void aFileIsKnownByTheFirstDigitsOfItsHash(@TempDir Path own) throws IOException {
        Path file = Files.writeString(own.resolve("w.pth"), "abc");
        HubSource source = HubSource.parse("file:" + file);

        assertThat(Hub.standard().path(source, "ba7816bf")).isEqualTo(file);
        assertThatThrownBy(() -> Hub.standard().path(source, "ba7816be"))
                .isInstanceOf(CorruptFileException.class)
                .hasMessageContaining("w.pth")
                .hasMessageContaining("begins with ba7816be");
        assertThatThrownBy(() -> Hub.standard().path(HubSource.parse("file:" + own.resolve("none")), "ba7816bf"))
                .isInstanceOf(MissingArtifactException.class);
    }
}
