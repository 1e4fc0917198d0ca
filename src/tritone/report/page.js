"use strict";
// The clips of a row start together and go on together; only the chosen one is heard. So a switch keeps the place to the
// sample, and a loop goes round inside the audio thread, without a gap.
(() => {
  const FADE = 0.008;
  const Context = window.AudioContext || window.webkitAudioContext;
  if (!Context) return;
  const contexts = new Map();
  let playing = null; // { row, context, from, tracks, chosen }
  let wanted = 0; // a later click overtakes one that is still decoding

  const contextAt = (rate) => {
    if (!contexts.has(rate)) contexts.set(rate, new Context({ sampleRate: rate }));
    return contexts.get(rate);
  };
  const bytes = (uri) => Uint8Array.from(atob(uri.slice(uri.indexOf(",") + 1)), (sign) => sign.charCodeAt(0)).buffer;
  const say = (text) => { document.getElementById("said").textContent = text; };

  const sounding = (clip) => clip.querySelector("audio") || document.querySelector(`${clip.querySelector(".same").hash} audio`);

  const rows = [...document.querySelectorAll(".row")].map((element) => ({
    clips: [...element.querySelectorAll(".clip")].map((clip) => ({
      element: clip, button: clip.querySelector("button"), head: clip.querySelector(".head"),
      picture: clip.querySelector(".picture"), audio: sounding(clip),
      loop: clip.dataset.loop === "yes", rate: Number(clip.dataset.rate), buffer: null,
    })),
  }));

  const decode = (row, context) => Promise.all(row.clips.map(async (clip) => {
    clip.buffer = clip.buffer || await context.decodeAudioData(bytes(clip.audio.src));
  }));

  const place = (clip) => {
    const gone = playing.context.currentTime - playing.from;
    return clip.loop ? Math.max(0, gone) % clip.buffer.duration : Math.min(Math.max(0, gone), clip.buffer.duration);
  };

  const show = () => {
    for (const row of rows) for (const clip of row.clips) {
      const on = playing !== null && playing.chosen === clip;
      clip.element.classList.toggle("on", on);
      clip.button.setAttribute("aria-pressed", String(on));
      clip.head.hidden = !on;
    }
  };

  const draw = () => {
    if (playing === null) return;
    const clip = playing.chosen;
    clip.head.style.left = `${100 * place(clip) / clip.buffer.duration}%`;
    requestAnimationFrame(draw);
  };

  const stop = () => {
    if (playing === null) return;
    const { context, tracks } = playing;
    playing = null;
    for (const { source, gain } of tracks.values()) {
      source.onended = null;
      gain.gain.setTargetAtTime(0, context.currentTime, FADE / 3);
      source.stop(context.currentTime + FADE * 2);
    }
    show();
  };

  const choose = (clip) => {
    const now = playing.context.currentTime;
    for (const [other, { gain }] of playing.tracks) gain.gain.setTargetAtTime(other === clip ? 1 : 0, now, FADE / 3);
    playing.chosen = clip;
    show();
  };

  const start = async (row, chosen, offset) => {
    const turn = ++wanted;
    stop();
    const context = contextAt(chosen.rate);
    await Promise.all([context.resume(), decode(row, context)]);
    if (turn !== wanted) return;
    const begin = context.currentTime + 0.03;
    const tracks = new Map();
    for (const clip of row.clips) {
      const source = new AudioBufferSourceNode(context, { buffer: clip.buffer, loop: clip.loop });
      const gain = new GainNode(context, { gain: clip === chosen ? 1 : 0 });
      source.connect(gain).connect(context.destination);
      source.onended = () => { if (playing && playing.tracks === tracks && playing.chosen === clip) stop(); };
      if (clip.loop || offset < clip.buffer.duration) source.start(begin, clip.loop ? offset % clip.buffer.duration : offset);
      else source.start(begin, 0, 0);
      tracks.set(clip, { source, gain });
    }
    playing = { row, context, tracks, chosen, from: begin - offset };
    show();
    draw();
  };

  // Escape stops; 1 to 9 switch between the clips of the row that plays
  document.addEventListener("keydown", (event) => {
    if (playing === null || event.ctrlKey || event.altKey || event.metaKey) return;
    const clip = playing.row.clips[Number(event.key) - 1];
    if (event.key === "Escape") { wanted++; stop(); }
    else if (clip && clip !== playing.chosen) press(playing.row, clip);
  });

  const attempt = (row, clip, offset) => start(row, clip, offset).catch(() => {
    for (const other of row.clips) { other.element.classList.remove("ready"); other.button.hidden = true; }
    say("This browser cannot decode the sound for gapless play; plain players are shown instead.");
  });

  const press = (row, clip) => {
    if (playing && playing.chosen === clip) { wanted++; stop(); }
    else if (playing && playing.row === row && playing.tracks.has(clip)
      && (clip.loop || place(clip) < clip.buffer.duration)) choose(clip);
    else attempt(row, clip, 0);
  };

  for (const row of rows) for (const clip of row.clips) {
    clip.element.classList.add("ready");
    clip.button.hidden = false;
    clip.button.addEventListener("click", () => press(row, clip));
    clip.button.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -0.1, ArrowRight: 0.1 }[event.key];
      if (!move || !playing || playing.chosen !== clip) return;
      event.preventDefault();
      const length = clip.buffer.duration;
      attempt(row, clip, clip.loop ? (place(clip) + (1 + move) * length) % length : Math.min(Math.max(0, place(clip) + move * length), length));
    });
    clip.picture.addEventListener("click", (event) => {
      const box = clip.picture.getBoundingClientRect();
      const part = Math.min(Math.max((event.clientX - box.left) / box.width, 0), 0.999);
      const length = clip.buffer ? clip.buffer.duration : null;
      if (length === null) decode(row, contextAt(clip.rate)).then(() => attempt(row, clip, part * clip.buffer.duration), () => attempt(row, clip, 0));
      else attempt(row, clip, part * length);
    });
  }
})();
