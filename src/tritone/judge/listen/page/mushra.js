"use strict";
// Several sounds beside an open reference, each on a scale from 0 to 100; they play in step.

const MushraScreen = ({ test, sheet, deck, next }) => {
  const { stimuli, reference } = sheet.screen;
  const letters = stimuli.map((_, index) => String.fromCharCode(65 + index));
  const open = reference ? PlayButton(reference, "the reference", () => deck.press(reference), "Reference") : null;
  const track = Track([reference, ...stimuli]);
  const note = make("p", { class: "note" });

  const Slider = (question, stimulus, letter) => {
    const number = make("output", {}, "–");
    const input = make("input", {
      type: "range", min: 0, max: 100, step: 1, value: 50, "aria-label": `Sound ${letter}: ${question.text}`,
      input: () => set(), pointerup: () => set(), focus: () => { deck.select(stimulus); refresh(); },
    });
    const set = () => {
      if (input.disabled) return;
      sheet.set(question.id, { [stimulus]: Number(input.value) });
      refresh();
    };
    return {
      element: make("label", { class: "slider" }, ...(test.questions.length > 1 ? [make("span", { class: "asked" }, question.text)] : []), input, number),
      input,
      refresh: () => {
        const value = sheet.value(question.id, stimulus), closed = !sheet.isHeard(stimulus), opens = input.disabled && !closed;
        input.disabled = closed;
        if (opens && Player.chosen() === stimulus && !document.activeElement.matches("input, a, button:not(.play)")) input.focus({ preventScroll: true });
        input.classList.toggle("unset", value === undefined);
        if (value !== undefined) input.value = value;
        number.textContent = value === undefined ? "–" : String(value);
        input.setAttribute("aria-valuetext", value === undefined ? "not rated" : String(value));
      },
    };
  };

  const rows = stimuli.map((stimulus, index) => {
    const player = PlayButton(stimulus, `sound ${letters[index]}`, () => deck.press(stimulus), letters[index]);
    const sliders = test.questions.map((question) => Slider(question, stimulus, letters[index]));
    const element = make("div", { class: "line" }, player.button, make("div", { class: "sliders" }, ...sliders.map((slider) => slider.element)));
    return { stimulus, player, sliders, element };
  });

  const refresh = () => {
    if (open) open.refresh();
    track.refresh();
    for (const { stimulus, player, sliders, element } of rows) {
      player.refresh();
      sliders.forEach((slider) => slider.refresh());
      element.classList.toggle("at-hand", deck.at() === stimulus);
    }
    note.textContent = sheet.allHeard() ? open ? "One of the sounds is the reference itself." : "Heard. You may go on comparing." : "Listen to each sound for a few seconds; its slider then opens. Switch while they play: the place is kept.";
  };
  const ends = [...test.questions[0].words];
  refresh();
  return {
    refresh,
    content: [
      ...(test.questions.length === 1 ? [make("p", { class: "asked" }, test.questions[0].text)] : []),
      make("div", { class: "reference" }, ...(open ? [open.button] : []), track.element), note,
      ...(ends.length > 1 ? [make("p", { class: "ends", "aria-hidden": "true" }, make("span", {}, `0 ${ends[0]}`), make("span", {}, `${ends[ends.length - 1]} 100`))] : []),
      make("div", { class: "lines" }, ...rows.map((row) => row.element)), next,
      Keys(["Space", "plays"], ["← →", "another sound"], ["↑ ↓", "its value"], ...(open ? [["R", "reference"]] : []), ["Enter", "goes on"]),
    ],
    keys: {
      space: () => deck.press(deck.at()),
      horizontal: (by) => {
        const id = deck.step(by), row = rows.find((line) => line.stimulus === id);
        say(row ? `Sound ${letters[rows.indexOf(row)]}` : "Reference");
        refresh();
        if (row && !row.sliders[0].input.disabled) row.sliders[0].input.focus({ preventScroll: false });
        else document.activeElement.blur();
      },
      letter: (letter) => { if (letter === "r" && open) deck.press(reference); },
    },
  };
};
