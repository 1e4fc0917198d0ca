"use strict";
// Two sounds; which of them, or neither.

const PreferenceScreen = ({ test, sheet, deck, next }) => {
  const [first, second] = sheet.screen.stimuli;
  const named = [[first, "A"], [second, "B"]];
  const players = named.map(([id, name]) => PlayButton(id, `sound ${name}`, () => deck.press(id), name));
  const note = make("p", { class: "note" });
  const options = [["first", "A", "A is better"], ["none", "=", "No difference"], ["second", "B", "B is better"]];
  const values = { first: { [first]: 1, [second]: 0 }, none: { [first]: 0.5, [second]: 0.5 }, second: { [first]: 0, [second]: 1 } };
  const chosen = (question) => ({ 1: "first", 0.5: "none", 0: "second" })[sheet.value(question.id, first)];
  let current = Math.max(0, test.questions.findIndex((question) => !sheet.answered(question.id)));

  const choose = (index, option) => {
    sheet.set(test.questions[index].id, values[option]);
    const open = test.questions.findIndex((question) => !sheet.answered(question.id));
    current = open < 0 ? index : open;
    refresh();
  };
  const questions = test.questions.map((question, index) => Choices(question, options, (option) => choose(index, option)));
  const cards = players.map((player) => make("div", { class: "card" }, player.button, player.track));

  const refresh = () => {
    const heard = sheet.allHeard();
    players.forEach((player, index) => {
      player.refresh();
      cards[index].classList.toggle("at-hand", deck.at() === player.id);
    });
    const left = named.filter(([id]) => !sheet.isHeard(id)).map(([, name]) => name);
    note.textContent = heard ? "Heard. You may go on listening while you choose." : `Listen to ${left.join(" and ")} first, once through.`;
    questions.forEach((choices, index) => choices.refresh(chosen(test.questions[index]), heard, heard && index === current && test.questions.length > 1));
  };
  refresh();
  return {
    refresh,
    content: [
      make("div", { class: "pair" }, ...cards), note, ...questions.map((choices) => choices.element), next,
      Keys(["Space", "plays"], ["← →", "A or B"], ["1 2 3", "A, no difference, B"], ["Enter", "goes on"]),
    ],
    keys: {
      space: () => deck.press(deck.at()),
      horizontal: (by) => { say(deck.step(by) === first ? "A" : "B"); refresh(); },
      digit: (digit) => {
        if (!sheet.allHeard()) return say(sheet.missing());
        if (digit > 3) return undefined;
        say(options[digit - 1][2]);
        return choose(current, options[digit - 1][0]);
      },
      vertical: (by) => {
        current = Math.min(Math.max(current + by, 0), questions.length - 1);
        say(test.questions[current].text);
        refresh();
      },
    },
  };
};
