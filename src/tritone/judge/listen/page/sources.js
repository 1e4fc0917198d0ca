"use strict";
// Where the test comes from and where answers go: a server, or the file that this page is.

class Refusal extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

const OnServer = () => {
  const request = async (address, body) => {
    const post = body && { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    const answer = await fetch(address, { ...post, signal: AbortSignal.timeout(30000) });
    if (answer.ok) return answer;
    const sentence = (await answer.text()).slice(0, 300);
    if (answer.status >= 500) throw new Error(sentence);
    throw new Refusal(answer.status, sentence);
  };
  let test = "";
  return {
    inFile: false,
    test: async () => {
      const content = await (await request("test")).json();
      test = content.id;
      return content;
    },
    begin: async ({ visit, about }) => (await request("listener", { test, visit, ...about })).json(),
    resume: async ({ listener }) => (await request("listener", { test, listener: listener.id })).json(),
    sound: async (id) => (await request(`audio/${id}.wav`)).arrayBuffer(),
    send: async ({ answers }, { listener }) => { await request("answers", { test, listener: listener.id, answers }); },
  };
};

const InFile = () => {
  const test = JSON.parse(document.getElementById("test").textContent);
  const screensOf = (listener, answered) => ({ listener: listener.id, order: listener.order, screens: test.orders[listener.order], answered });
  return {
    inFile: true,
    test: async () => test,
    begin: async () => screensOf({ id: randomName(), order: randomBelow(test.orders.length) }, []),
    resume: async ({ listener, sheets }) => screensOf(listener, sheets.map((answer) => answer.trial)),
    sound: async (id) => Uint8Array.from(atob(document.getElementById(`sound-${id}`).textContent), (sign) => sign.charCodeAt(0)).buffer,
    send: async ({ answers, at }, state) => { state.sheets.push(...answers.map((answer) => ({ listener: state.listener.id, ...answer, at }))); },
  };
};

// The file that a listener sends back, as text.
const answersFile = (test, { listener, about, sheets, started }) => JSON.stringify({
  format: "tritone-listen-answers",
  version: 1,
  test: test.id,
  listener: { id: listener.id, order: listener.order, browser: navigator.userAgent.slice(0, 300), ...about, started, finished: new Date().toISOString() },
  answers: sheets,
}, null, 1);

// Keeps trying while there is no connection; gives up where the server refuses.
const patiently = async (attempt, tell) => {
  for (let delay = 1; ; delay = Math.min(2 * delay, 15)) {
    try {
      const found = await attempt();
      tell("");
      return found;
    } catch (error) {
      if (error instanceof Refusal) throw error;
      tell("No connection; trying again.");
      await new Promise((done) => { setTimeout(done, 1000 * delay); });
    }
  }
};

// Bytes of sounds: those of this screen and the next few are fetched ahead, others are let go.
const Sounds = (source) => {
  const held = new Map();
  const get = (id) => {
    if (!held.has(id)) {
      const coming = source.sound(id);
      coming.catch(() => held.delete(id));
      held.set(id, coming);
    }
    return held.get(id);
  };
  const ahead = async (ids) => {
    for (const id of [...held.keys()]) if (!ids.includes(id)) held.delete(id);
    for (const id of ids) await get(id).catch(() => {});
  };
  return { get, ahead };
};
