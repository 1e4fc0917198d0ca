"use strict";
// What comes before the first sound: what is asked and kept, two questions, and the volume.

const TASKS = {
  rating: "You will hear short sounds, one after the other, and say how good each of them is.",
  preference: "You will hear short sounds in pairs, and say which of the two you prefer.",
  mushra: "You will compare several versions of a sound with the original, and rate each from 0 to 100.",
};

const welcome = (test, inFile) => new Promise((done) => {
  const consent = make("input", { type: "checkbox", id: "consent", change: () => check() });
  const begin = make("button", { type: "button", class: "next", disabled: true, click: () => finish() }, "Begin");
  const pick = (name, question, ...options) => {
    const inputs = options.map(([value]) => make("input", { type: "radio", name, value, change: () => check() }));
    const element = make("fieldset", { class: "plain-question" }, make("legend", {}, question),
      ...options.map(([, words], index) => make("label", {}, inputs[index], ` ${words}`)));
    return { element, value: () => inputs.find((input) => input.checked)?.value };
  };
  const expert = pick("expert", "Do you work with sound or music, or study it?", ["yes", "Yes"], ["no", "No"]);
  const worn = pick("worn", "How do you listen?", ["headphones", "With headphones (much better for this test)"], ["loudspeakers", "With loudspeakers"]);
  const check = () => { begin.disabled = !(consent.checked && expert.value() && worn.value()); };
  const finish = () => {
    if (!begin.disabled) done({ expert: expert.value() === "yes", headphones: worn.value() === "headphones" });
  };
  const kept = inFile
    ? "Your answers, how long you played each sound and the name of your browser stay on this device. At the end you download them as a file and send it to whoever asked you."
    : "Kept are your answers, how long you played each sound and the name of your browser, under a random number.";
  show(
    make("h1", {}, test.title),
    make("p", { class: "lead" }, TASKS[test.kind]),
    make("p", {}, `It takes about ${Math.max(1, Math.round(test.minutes))} minutes. You may close the page and come back to it on this device; it goes on where you were.`),
    make("p", {}, "There is no right or wrong: your first impression is what counts. Please listen in a quiet place."),
    make("p", {}, `${kept} Your name is not asked for. You may stop at any time.`),
    expert.element, worn.element,
    make("label", { class: "consent" }, consent, make("span", {}, "I take part of my own will, and my answers may be kept and published in this form.")),
    begin,
  );
});

const volume = (test, soundOf, rateOf, onkeys) => new Promise((done) => {
  const id = test.volume;
  const tell = (text) => { note.textContent = text; };
  const note = make("p", { class: "note", role: "status" });
  const deck = Deck([id], false, soundOf, rateOf, tell);
  const press = () => deck.press(id);
  const player = PlayButton(id, "a sound to set the volume", press);
  const on = make("button", { type: "button", class: "next", disabled: true, click: () => finish() }, "Start");
  const finish = () => {
    if (on.disabled) return tell("Play the sound first.");
    deck.stop();
    return done();
  };
  show(
    make("h1", {}, "Set the volume"),
    make("p", {}, "Play this sound and make it as loud as is pleasant. Then please leave the volume as it is until the end."),
    make("div", { class: "deck" }, player.button, make("div", { class: "beside" }, player.track, note)), on,
    Keys(["Space", "plays"], ["Enter", "goes on"]),
  );
  onkeys({
    refresh: () => {
      player.refresh();
      if (Player.chosen() === id) on.disabled = false;
    },
    keys: { space: press, enter: finish },
  });
});
