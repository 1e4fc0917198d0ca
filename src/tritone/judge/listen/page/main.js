"use strict";
// The way of a listener: welcome, headphones, volume, practice, the test, thanks.

(async () => {
  const KINDS = { rating: RatingScreen, preference: PreferenceScreen, mushra: MushraScreen };
  const AHEAD = 4;
  const source = document.getElementById("test") ? InFile() : OnServer();
  const status = document.getElementById("state");
  let current = null; // { refresh, keys } of what is on the page
  let sheet = null;
  let notice = "";

  const onkeys = (screen) => { current = screen; screen.refresh(); };
  const tell = (text) => { notice = text; showState(); };
  const test = await patiently(() => source.test(), (text) => { status.textContent = text; }).catch((error) => {
    show(make("h1", {}, "This test cannot be opened"), make("p", {}, error.message));
    throw error;
  });
  const keep = Keep(test, () => {
    current = null;
    Player.stop();
    show(make("h1", {}, "This test goes on in another window"), make("p", {}, "Please use that one. To go on here instead, load this page again."));
  });
  const line = Line(source, keep, () => showState());
  const sounds = Sounds(source);
  const rateOf = (id) => test.stimuli[id].rate;
  const soundOf = async (id) => ({ buffer: Player.decode(await sounds.get(id), test.stimuli[id]), loop: test.stimuli[id].loop });

  const showState = () => {
    const { queue, refused } = keep.state, count = queue.length;
    const waiting = count && line.trouble ? `${line.trouble}: ${count === 1 ? "one answer waits" : `${count} answers wait`} on this device and will be sent.` : "";
    status.textContent = [notice, waiting, ...refused.slice(-1).map((sentence) => `An answer was refused: ${sentence}`)].filter(Boolean).join(" ");
    if (current && current.saved) current.saved();
  };

  // ---- the screens of the test

  let screens = [], done = new Set();
  let frame = 0, saved = 0;
  const draw = () => {
    cancelAnimationFrame(frame);
    if (current) current.refresh();
    if (Player.chosen() !== null) frame = requestAnimationFrame(draw);
  };
  const changed = (now) => {
    if (current) current.refresh();
    if (now || performance.now() - saved > 1000) { saved = performance.now(); keep.save(); }
  };
  Player.on((id, milliseconds) => { if (sheet && id in test.stimuli) sheet.hear(id, milliseconds); }, () => { if (sheet) keep.save(); draw(); });

  const heading = (screen) => {
    const alike = screens.filter((other) => other.training === screen.training);
    const what = screen.training ? "Practice" : { rating: "Sound", preference: "Pair", mushra: "Comparison" }[test.kind];
    return `${what} ${alike.indexOf(screen) + 1} of ${alike.length}`;
  };

  const present = (screen) => {
    if (!keep.state.draft || keep.state.draft.trial !== screen.trial) keep.state.draft = { trial: screen.trial, heard: {}, values: {} };
    const { draft } = keep.state;
    sheet = Sheet(test, screen, draft, changed);
    const mine = sheet, together = test.kind === "mushra";
    const deck = Deck(together && screen.reference ? [screen.reference, ...screen.stimuli] : screen.stimuli, together, soundOf, rateOf, tell);
    const lacking = make("p", { class: "missing" });
    const goOn = () => {
      if (sheet !== mine) return undefined; // a second press of the same screen
      const missing = sheet.missing();
      if (missing) {
        lacking.textContent = missing;
        return say(missing);
      }
      deck.stop();
      keep.state.queue.push({ trial: screen.trial, answers: sheet.answers(), at: new Date().toISOString() });
      keep.state.draft = null;
      done.add(screen.trial);
      sheet = null;
      keep.save();
      line.flush();
      return advance();
    };
    const button = make("button", { type: "button", class: "next", click: goOn }, "Next");
    const made = KINDS[test.kind]({ test, sheet, deck, next: button });
    show(make("h1", {}, heading(screen)), ...(screen.training ? [make("p", { class: "practice" }, "This is practice; it does not count.")] : []), ...made.content.flatMap((part) => (part === button ? [button, lacking] : [part])));
    onkeys({
      keys: { ...made.keys, enter: goOn },
      refresh: () => {
        made.refresh();
        const missing = mine.missing();
        button.classList.toggle("waiting", missing !== "");
        button.setAttribute("aria-disabled", String(missing !== ""));
        if (lacking.textContent && lacking.textContent !== missing) lacking.textContent = missing;
      },
    });
    const near = screens.filter((other) => !done.has(other.trial)).slice(0, AHEAD);
    sounds.ahead(near.flatMap((other) => [...(other.reference ? [other.reference] : []), ...other.stimuli]));
  };

  const interlude = () => {
    const goOn = () => { keep.state.practised = true; keep.save(); advance(); };
    show(make("h1", {}, "That was the practice"), make("p", {}, "From here on your answers count. You need not remember what you heard so far."),
      make("button", { type: "button", class: "next", click: goOn }, "Go on"), Keys(["Enter", "goes on"]));
    onkeys({ refresh: () => {}, keys: { enter: goOn } });
  };

  const advance = () => {
    const bar = document.getElementById("progress"), screen = screens.find((other) => !done.has(other.trial));
    document.getElementById("head").hidden = false;
    document.getElementById("place").textContent = test.title;
    bar.max = screens.length;
    bar.value = screens.length - screens.filter((other) => !done.has(other.trial)).length;
    if (!screen) return thanks();
    if (!screen.training && !keep.state.practised && screens[0].training) return interlude();
    return present(screen);
  };

  // ---- the end

  const again = () => make("button", { type: "button", class: "plain", click: () => { keep.clear(); location.reload(); } }, "Somebody else listens on this device");
  const thanks = () => {
    sheet = null;
    if (source.inFile) return giveFile();
    const text = make("p", {}), other = make("p", { class: "again" }, again());
    show(make("h1", {}, "Thank you"), text, other);
    const saved = () => {
      const waits = keep.state.queue.length > 0;
      text.textContent = waits ? "Your last answers are being saved; please leave this page open for a moment." : "All your answers are saved. You may close this page.";
      other.hidden = waits;
    };
    current = { refresh: () => {}, keys: {}, saved };
    return saved();
  };

  const giveFile = () => {
    const text = answersFile(test, keep.state);
    const name = `answers-${test.id.slice(0, 8)}-${keep.state.listener.id.slice(0, 8)}.json`;
    const other = make("p", { class: "again", hidden: !keep.state.given }, again());
    const link = make("a", { class: "next", href: URL.createObjectURL(new Blob([text], { type: "application/json" })), download: name, click: () => {
      keep.state.given = true;
      keep.save();
      other.hidden = false;
    } }, "Download my answers");
    show(make("h1", {}, "Thank you"), make("p", {}, "One last step: download your answers as a file, and send it to whoever asked you to listen."), link,
      make("details", {}, make("summary", {}, "The download does not work here"), make("p", {}, "Copy all of this text and send it instead."), make("textarea", { readonly: true, rows: 8, "aria-label": "Your answers as text" }, text)),
      other);
    current = { refresh: () => {}, keys: {} };
  };
  window.addEventListener("beforeunload", (event) => {
    if (keep.alone && screens.length && done.size >= screens.length && keep.state.listener && (source.inFile ? !keep.state.given : keep.state.queue.length)) event.preventDefault();
  });
  window.addEventListener("pagehide", () => { Player.tally(); keep.save(); });

  // ---- keys

  document.addEventListener("keydown", (event) => {
    if (!current || event.ctrlKey || event.metaKey || event.altKey) return;
    const { keys } = current, on = event.target, own = on.matches("button:not(.play), a, summary, textarea, input[type=checkbox]");
    const moves = { ArrowLeft: ["horizontal", -1], ArrowRight: ["horizontal", 1], ArrowUp: ["vertical", -1], ArrowDown: ["vertical", 1] }[event.key];
    let act = null;
    if (event.key === " " && keys.space && !own && !on.matches("input[type=radio]:not(:checked)")) act = keys.space;
    else if (event.key === "Enter" && keys.enter && !own) act = keys.enter;
    else if (/^[1-9]$/.test(event.key) && keys.digit) act = () => keys.digit(Number(event.key));
    else if (moves && keys[moves[0]]) act = () => keys[moves[0]](moves[1]);
    else if (/^[a-z]$/i.test(event.key) && keys.letter) act = () => keys.letter(event.key.toLowerCase());
    if (act === null) return;
    event.preventDefault();
    if (!event.repeat) act();
  });
  document.addEventListener("keyup", (event) => { // a play button would also be pressed when space is let go
    if (event.key === " " && event.target.matches("button.play") && current && current.keys.space) event.preventDefault();
  });

  // ---- the beginning

  const goOn = (found) => {
    keep.state.listener = { id: found.listener, order: found.order };
    keep.save();
    screens = found.screens;
    done = new Set([...found.answered, ...keep.state.queue.map((waiting) => waiting.trial)]);
    line.flush();
    advance();
  };

  const arrive = async () => {
    const { expert, headphones } = await welcome(test, source.inFile);
    keep.state.about = { headphones: headphones ? await headphonesCheck(onkeys) : "loudspeakers", expert };
    current = null;
    await volume(test, soundOf, rateOf, onkeys);
    current = null;
    keep.state.started = new Date().toISOString();
    keep.save();
    goOn(await patiently(() => source.begin(keep.state), tell));
  };

  if (keep.state.listener) {
    try {
      goOn(await patiently(() => source.resume(keep.state), tell));
      return;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      keep.clear();
    }
  }
  await arrive().catch((error) => show(make("h1", {}, "The test cannot begin"), make("p", {}, error.message)));
})();
