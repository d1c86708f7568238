// SPDX-License-Identifier: Apache-2.0
package org.tl4j.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.tl4j.model.Classification;
import org.tl4j.model.Endpoints;
import org.tl4j.tuning.FineTuner;
import org.tl4j.tuning.FineTuners;
import org.tl4j.tuning.Phase;
import org.tl4j.tuning.Recipe;
import org.tl4j.tuning.Schedule;
import org.tl4j.tuning.Tuned;

/**
 * What every {@link FineTuner} has to pass: what it says of its phases, and a training of a network of three layers by
 * these phases.
 */
public interface FineTunerContract {
    /** The strategy under test. */
    FineTuner tuner();

    /** A recipe that it accepts for {@link #layers} layers; its numbers of epochs are replaced by small ones. */
    default Recipe recipe() {
        return Recipe.defaults();
    }

    /** Numbers of layers of backbones that it must be able to tune, with {@link #recipe}. */
    default List<Integer> layers() {
        return List.of(1, 2, 3, 12);
    }

    // ------------------------------------------------------------------------------------------- what it says

    /** Name and title are there; {@link java.util.ServiceLoader} finds it by a public constructor. */
    @Test
    default void isFoundByItsName() throws NoSuchMethodException {
        Class<?> type = tuner().getClass();
        assertThat(tuner().id()).as("id").matches("[a-z0-9]+(-[a-z0-9]+)*").doesNotMatch(".*-[0-9]+");
        assertThat(tuner().title()).as("title").isNotBlank().doesNotContain("\n");
        assertThat(Modifier.isPublic(type.getModifiers())
                        && Modifier.isPublic(type.getDeclaredConstructor().getModifiers()))
                .as("the class and its constructor without arguments are public")
                .isTrue();
        assertThat(FineTuners.load(type.getClassLoader()).all().stream()
                        .filter(t -> t.id().equals(tuner().id()))
                        .map(FineTuner::getClass)
                        .map(Class::getName))
                .as("installed strategies of the name '%s'; is it listed in META-INF/services?", tuner().id())
                .containsExactly(type.getName());
    }

    /** There are phases, for a backbone of any number of layers, that train layers of it, the last ones first. */
    @TestFactory
    default Stream<DynamicTest> givesPhasesForAnyDepth() {
        return layers().stream()
                .map(count -> dynamicTest(count + " layers", () -> {
                    List<Endpoints.Layer> layers = depth(count);
                    List<Phase> phases = tuner().phases(recipe(), layers);
                    assertThat(phases).as("phases").isNotEmpty();
                    for (Phase p : phases) {
                        assertThat(p.title())
                                .as("title of a phase")
                                .isNotBlank()
                                .doesNotContain("\n");
                        if (p instanceof Phase.Gradient g) {
                            List<Endpoints.Layer> trained = g.freeze().trained(layers);
                            assertThat(trained)
                                    .as("layers that '%s' trains: the last ones of the backbone", p.title())
                                    .isEqualTo(layers.subList(layers.size() - trained.size(), layers.size()));
                        }
                    }
                }));
    }

    /** The same numbers give the same phases, whoever is asked and however often. */
    @Test
    default void givesTheSamePhasesAgain() throws ReflectiveOperationException {
        List<Phase> first = tuner().phases(recipe(), depth(3));
        FineTuner other = tuner().getClass().getDeclaredConstructor().newInstance();
        other.phases(recipe().withRate(0.5).withEpochs(9), depth(2));
        assertThat(other.phases(recipe(), depth(3)))
                .as("phases of another instance")
                .isEqualTo(first);
        assertThat(other.phases(recipe(), depth(3)))
                .as("phases, asked for again")
                .isEqualTo(first);
    }

    /** Epochs, rate and schedule of a recipe are those of the last phase, where it trains by gradients. */
    @Test
    default void keepsToTheRecipe() {
        for (int epochs : List.of(1, 7)) {
            last(recipe().withEpochs(epochs))
                    .forEach(g -> assertThat(g.epochs()).as("epochs").isEqualTo(epochs));
        }
        for (double rate : List.of(1e-5, 0.25)) {
            last(recipe().withRate(rate))
                    .forEach(g -> assertThat(g.rate()).as("learning rate").isEqualTo(rate));
        }
        for (Schedule s : List.of(Schedule.constant(), Schedule.oneCycle())) {
            last(recipe().withSchedule(s))
                    .forEach(g -> assertThat(g.schedule()).as("schedule").isEqualTo(s));
        }
        last(recipe().withLayerDecay(0.5))
                .filter(g -> !g.freeze().trained(depth(3)).isEmpty())
                .forEach(g -> assertThat(g.layerDecay()).as("layer decay").isEqualTo(0.5));
    }

    private Stream<Phase.Gradient> last(Recipe recipe) {
        List<Phase> phases = tuner().phases(recipe, depth(3));
        assertThat(phases).as("phases").isNotEmpty();
        return phases.get(phases.size() - 1) instanceof Phase.Gradient g ? Stream.of(g) : Stream.empty();
    }

    // ------------------------------------------------------------------------------------------- what it does

    /** Training moves the head and the layers that some phase trains, and no bit of any other layer. */
    @Test
    default void trainsWhatItSaysAndNothingElse() {
        Tuned<List<String>, Classification> tuned = TinyTraining.run(phases(), 1);
        Set<String> moved = new LinkedHashSet<>();
        tuned.model().weights().tensors().forEach((name, t) -> {
            Closeness.assertFinite(name, t);
            if (!t.bitEquals(TinyTraining.model().weights().get(name))) {
                moved.add(name);
            }
        });
        Set<String> trained = new LinkedHashSet<>(TinyTraining.tensors("head"));
        for (Phase p : phases()) {
            if (p instanceof Phase.Gradient g) {
                g.freeze()
                        .trained(TinyTraining.model().layers())
                        .forEach(l -> trained.addAll(TinyTraining.tensors(l.name())));
            }
        }
        assertThat(moved).as("tensors that moved").containsExactlyInAnyOrderElementsOf(trained);
    }

    /** Trained twice from one seed, every bit is the same. */
    @Test
    default void trainsToTheSameBitsFromTheSameSeed() {
        Tuned<List<String>, Classification> first = TinyTraining.run(phases(), 1);
        Tuned<List<String>, Classification> second = TinyTraining.run(phases(), 1);
        assertThat(second.history().losses())
                .as("losses")
                .isEqualTo(first.history().losses());
        assertThat(second.model().weights().hashes())
                .as("weights")
                .isEqualTo(first.model().weights().hashes());
    }

    /** As many epochs are trained as the phases say, and the task is learned better than by guessing. */
    @Test
    default void learns() {
        List<Phase> phases = tuner().phases(
                        recipe().withEpochs(8).withHeadEpochs(4).withRate(0.05).withHeadRate(0.05),
                        TinyTraining.model().layers());
        Tuned<List<String>, Classification> tuned = TinyTraining.run(phases, 1);
        int epochs = phases.stream()
                .mapToInt(p -> p instanceof Phase.Gradient g ? g.epochs() : 0)
                .sum();
        assertThat(tuned.history().epochs()).as("epochs").hasSize(epochs);
        assertThat(TinyTraining.accuracy(tuned))
                .as("accuracy on the training data, of three classes")
                .isGreaterThan(0.6);
    }

    private List<Phase> phases() {
        return tuner().phases(
                        recipe().withEpochs(2).withHeadEpochs(1).withRate(0.02).withHeadRate(0.05),
                        TinyTraining.model().layers());
    }

    private static List<Endpoints.Layer> depth(int count) {
        List<Endpoints.Layer> layers = new ArrayList<>();
        IntStream.range(0, count).forEach(i -> layers.add(Endpoints.Layer.of("layer" + i)));
        return List.copyOf(layers);
    }
}
