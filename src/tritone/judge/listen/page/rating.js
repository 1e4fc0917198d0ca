"use strict";
// One sound, and questions on a scale of words.

const RatingScreen = ({ test, sheet, deck, next }) => {
  const [id] = sheet.screen.stimuli;
  const sound = test.stimuli[id];
  const player = PlayButton(id, "the sound", () => deck.press(id));
  const note = make("p", { class: "note" });
  let current = test.questions.findIndex((question) => !sheet.answered(question.id));
  if (current < 0) current = test.questions.length - 1;

  const rate = (index, value) => {
    sheet.set(test.questions[index].id, { [id]: value });
    const open = test.questions.findIndex((question) => !sheet.answered(question.id));
    current = open < 0 ? index : open;
    refresh();
  };
  const questions = test.questions.map((question, index) => Choices(
    question, question.words.map((word, place) => [place + 1, String(place + 1), word]), (value) => rate(index, value)));

  const refresh = () => {
    const heard = sheet.isHeard(id);
    player.refresh();
    note.textContent = heard ? "Heard. You may go on listening while you answer." : sound.loop ? "Listen once through and past the seam: the sound goes round." : "Listen first; then answer.";
    questions.forEach((choices, index) => choices.refresh(sheet.value(test.questions[index].id, id), heard, heard && index === current && test.questions.length > 1));
  };
  refresh();
  return {
    refresh,
    content: [
      make("div", { class: "deck" }, player.button, make("div", { class: "beside" }, player.track, note)),
      ...questions.map((choices) => choices.element),
      next,
      Keys(["Space", "plays"], [`1 – ${test.questions[0].words.length}`, "answers"], ...(test.questions.length > 1 ? [["↑ ↓", "another question"]] : []), ["Enter", "goes on"]),
    ],
    keys: {
      space: () => deck.press(id),
      digit: (digit) => {
        if (!sheet.isHeard(id)) return say(sheet.missing());
        if (digit > test.questions[current].words.length) return undefined;
        say(`${test.questions[current].text} ${test.questions[current].words[digit - 1]}`);
        return rate(current, digit);
      },
      vertical: (by) => {
        current = Math.min(Math.max(current + by, 0), questions.length - 1);
        say(test.questions[current].text);
        refresh();
      },
    },
  };
};
