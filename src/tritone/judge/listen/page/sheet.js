"use strict";
// The answers to one screen while they are given: what has been heard, what has been said, and what still lacks.

const Sheet = (test, screen, draft, onchange) => {
  const place = (question, stimulus) => `${question} ${stimulus}`;
  const heard = (id) => Math.round(draft.heard[id] || 0);
  const sheet = {
    screen,
    isHeard: (id) => heard(id) >= test.stimuli[id].needed_ms,
    value: (question, stimulus) => draft.values[place(question, stimulus)],
    hear: (id, milliseconds) => {
      draft.heard[id] = (draft.heard[id] || 0) + milliseconds;
      onchange(false);
    },
    set: (question, values) => {
      for (const [stimulus, value] of Object.entries(values)) draft.values[place(question, stimulus)] = value;
      onchange(true);
    },
  };
  sheet.allHeard = () => screen.stimuli.every(sheet.isHeard);
  sheet.answered = (question) => screen.stimuli.every((stimulus) => sheet.value(question, stimulus) !== undefined);
  sheet.missing = () => {
    if (!sheet.allHeard()) return screen.stimuli.length > 1 ? "Listen to every sound first." : "Listen to the sound first.";
    return test.questions.every(({ id }) => sheet.answered(id)) ? "" : test.kind === "mushra" ? "Rate every sound first." : "Answer first.";
  };
  sheet.answers = () => test.questions.flatMap(({ id }) => screen.stimuli.map((stimulus) => ({
    trial: screen.trial, question: id, stimulus, value: sheet.value(id, stimulus), heard_ms: heard(stimulus),
  })));
  return sheet;
};
