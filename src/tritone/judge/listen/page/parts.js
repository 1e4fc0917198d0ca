"use strict";
// What several kinds of screen share: players, rows of choices, and the sounds of a screen as one deck.

// How far the sound has come, of those called `ids`, that is heard.
const Track = (ids) => {
  const at = make("span", { class: "at" });
  return {
    element: make("span", { class: "track", "aria-hidden": "true" }, at),
    refresh: () => at.style.setProperty("--at", ids.includes(Player.chosen()) ? Player.place() : 0),
  };
};

// `label` is what a screen reader calls the sound; `name` what stands on the button, if anything.
const PlayButton = (id, label, press, name = "") => {
  const button = make("button", { type: "button", class: "play", "aria-pressed": "false", "aria-label": `Play ${label}`, click: press }, icon());
  if (name) button.append(make("span", { class: "name", "aria-hidden": "true" }, name));
  const track = Track([id]);
  return {
    id, button, track: track.element,
    refresh: () => {
      button.setAttribute("aria-pressed", String(Player.chosen() === id));
      track.refresh();
    },
  };
};

// One of several answers: `options` are [value, sign, words].
const Choices = (question, options, choose) => {
  const inputs = options.map(([value, sign, words]) => make("input", {
    type: "radio", name: question.id, value, "aria-label": sign === words || !sign ? words : `${sign} ${words}`, change: () => choose(value),
  }));
  const labels = options.map(([, sign, words], index) => make("label", { class: "choice" }, inputs[index],
    make("span", { class: "face" }, make("b", {}, sign), make("span", {}, words))));
  const element = make("fieldset", { class: "question", disabled: true },
    make("legend", {}, question.text), make("div", { class: `scale scale-${options.length}` }, ...labels));
  return {
    element,
    refresh: (chosen, open, current) => {
      element.disabled = !open;
      element.classList.toggle("current", current);
      inputs.forEach((input) => { input.checked = String(chosen) === input.value; });
    },
  };
};

// The sounds of a screen: one is chosen, and space plays it. `together`: they play in step, a switch keeps the place, and
// at their end they begin again, so that one can compare for as long as one likes.
const Deck = (ids, together, soundOf, rateOf, tell) => {
  const buffers = new Map();
  let at = ids[0], turn = 0;
  const load = async (id) => {
    if (!buffers.has(id)) buffers.set(id, await soundOf(id));
    return { id, ...buffers.get(id) };
  };
  const play = async (id) => {
    const mine = ++turn;
    at = id;
    if (together && Player.chosen() !== null) { Player.choose(id); return; }
    Player.wake(rateOf(id));
    try {
      const list = await Promise.all((together ? ids : [id]).map(load));
      tell("");
      if (mine === turn) await Player.start(list, id, together ? () => play(at) : undefined);
    } catch {
      tell("This sound is not here yet; please try again in a moment.");
    }
  };
  const stop = () => { turn++; Player.stop(); };
  return {
    at: () => at,
    stop,
    select: (id) => { if (Player.chosen() === null) at = id; else if (Player.chosen() !== id) play(id); },
    press: (id) => { if (Player.chosen() === id) stop(); else play(id); },
    step: (by) => {
      const next = ids[ids.indexOf(at) + by];
      if (next === undefined) return at;
      if (Player.chosen() !== null) play(next);
      at = next;
      return at;
    },
  };
};

const Keys = (...pairs) => make("p", { class: "keys", "aria-hidden": "true" },
  ...pairs.map(([key, does]) => make("span", {}, make("kbd", {}, key), ` ${does}`)));
