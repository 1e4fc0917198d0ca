"use strict";
// What survives a reload, and the line in which answers wait until they are safe elsewhere.

const Keep = (test, onother) => {
  const key = `tritone-listen-${test.id}`, me = randomName();
  const fresh = () => ({ visit: randomName(), about: null, listener: null, queue: [], draft: null, practised: false, sheets: [], refused: [], started: "", given: false });
  const read = () => {
    try { return { ...fresh(), ...JSON.parse(localStorage.getItem(key) || "{}") }; } catch { return fresh(); }
  };
  const keep = { state: read(), alone: true };
  keep.save = () => {
    if (!keep.alone) return;
    try { localStorage.setItem(key, JSON.stringify({ ...keep.state, owner: me })); } catch { /* then in this window only */ }
  };
  keep.clear = () => { keep.state = fresh(); keep.save(); };
  window.addEventListener("storage", (event) => {
    if (event.key !== key || !event.newValue || JSON.parse(event.newValue).owner === me) return;
    keep.alone = false;
    onother();
  });
  keep.save();
  return keep;
};

// Sends what waits, one screen after the other, and comes again while there is no connection. The same screen may be sent
// twice: it is kept once.
const Line = (source, keep, onchange) => {
  let busy = false, delay = 1, timer = 0;
  const line = { trouble: "" };

  const sendFirst = async () => {
    try {
      await source.send(keep.state.queue[0], keep.state);
    } catch (error) {
      if (!(error instanceof Refusal) || error.status === 403) throw error;
      if (error.status !== 409) keep.state.refused.push(error.message);
    }
    keep.state.queue.shift();
    keep.save();
  };

  line.flush = async () => {
    if (busy || !keep.alone) return;
    busy = true;
    clearTimeout(timer);
    try {
      while (keep.state.queue.length && keep.alone) {
        await sendFirst();
        line.trouble = "";
        delay = 1;
        onchange();
      }
    } catch (error) {
      line.trouble = error instanceof Refusal ? error.message : "No connection";
      timer = setTimeout(line.flush, 1000 * delay);
      delay = Math.min(2 * delay, 30);
    }
    busy = false;
    onchange();
  };
  window.addEventListener("online", () => { delay = 1; line.flush(); });
  return line;
};
