"use strict";
// Sound to the sample. Files are read here rather than by the browser's decoder, so that a buffer is exactly the sound
// without the silence behind it; a loop then goes round inside the audio thread, without a gap. Sounds that are started
// together go on together, only the chosen one is heard, and a switch keeps the place.

const Player = (() => {
  const FADE = 0.008, LEAD = 0.03;
  const contexts = new Map();
  let playing = null; // { context, tracks, chosen, begin, told }
  let wanted = 0; // a later wish overtakes one whose context still wakes
  let onheard = () => {}, onchange = () => {};

  const contextAt = (rate) => {
    if (!contexts.has(rate)) contexts.set(rate, new AudioContext({ sampleRate: rate, latencyHint: "interactive" }));
    return contexts.get(rate);
  };

  // Browsers let sound begin only in answer to a press: called there, before anything is awaited.
  const wake = (rate) => { contextAt(rate).resume(); };

  // 16-bit PCM of a WAV file -> AudioBuffer of `samples` samples.
  const decode = (bytes, { samples, rate }) => {
    const view = new DataView(bytes);
    const tag = (at) => String.fromCharCode(view.getUint8(at), view.getUint8(at + 1), view.getUint8(at + 2), view.getUint8(at + 3));
    if (bytes.byteLength < 44 || tag(0) !== "RIFF" || tag(8) !== "WAVE") throw new Error("This is no WAV file.");
    let channels = 0;
    for (let at = 12; at + 8 <= bytes.byteLength;) {
      const size = view.getUint32(at + 4, true);
      if (tag(at) === "fmt ") {
        channels = view.getUint16(at + 10, true);
        if (view.getUint16(at + 22, true) !== 16 || view.getUint32(at + 12, true) !== rate) throw new Error("This is no 16-bit WAV file of the test's rate.");
      }
      if (tag(at) === "data") {
        if (!channels || size < samples * channels * 2 || at + 8 + size > bytes.byteLength) throw new Error("This WAV file is cut off.");
        return filled(view, at + 8, channels, samples, rate);
      }
      at += 8 + size + (size & 1);
    }
    throw new Error("This WAV file holds no sound.");
  };

  const filled = (view, start, channels, samples, rate) => {
    const buffer = new AudioBuffer({ numberOfChannels: channels, length: samples, sampleRate: rate });
    for (let channel = 0; channel < channels; channel++) {
      const data = buffer.getChannelData(channel);
      for (let index = 0; index < samples; index++) data[index] = view.getInt16(start + 2 * (index * channels + channel), true) / 32768;
    }
    return buffer;
  };

  const sourceOf = (context, { buffer, loop }) => new AudioBufferSourceNode(context, { buffer, loop, loopStart: 0, loopEnd: buffer.length / buffer.sampleRate });

  // Adds what has been heard since the last call to the account of the chosen sound.
  const tally = (ended = false) => {
    if (playing === null) return;
    const { context, chosen, begin, told, tracks } = playing;
    const track = tracks.get(chosen), last = begin + track.buffer.duration;
    const until = track.loop ? context.currentTime : ended ? last : Math.min(context.currentTime, last);
    const from = Math.max(told, begin);
    playing.told = until;
    if (until > from) onheard(chosen, 1000 * (until - from));
  };

  const stop = () => {
    wanted++;
    if (playing === null) return;
    tally();
    silence();
  };

  const silence = () => {
    const { context, tracks } = playing;
    playing = null;
    for (const { source, gain } of tracks.values()) {
      source.onended = null;
      gain.gain.setTargetAtTime(0, context.currentTime, FADE / 3);
      source.stop(context.currentTime + FADE * 2);
    }
    onchange();
  };

  // `list`: { id, buffer, loop } of sounds that start together; the one called `chosen` is heard. `onend` is called when
  // it has come to its end.
  const start = async (list, chosen, onend = () => {}) => {
    stop();
    const turn = wanted;
    const context = contextAt(list.find((track) => track.id === chosen).buffer.sampleRate);
    await context.resume();
    if (turn !== wanted) return;
    const begin = context.currentTime + LEAD, tracks = new Map();
    for (const track of list) {
      const source = sourceOf(context, track);
      const gain = new GainNode(context, { gain: track.id === chosen ? 1 : 0 });
      source.connect(gain).connect(context.destination);
      source.onended = () => {
        if (playing === null || playing.tracks !== tracks || playing.chosen !== track.id) return;
        tally(true);
        silence();
        onend();
      };
      source.start(begin);
      tracks.set(track.id, { ...track, source, gain });
    }
    playing = { context, tracks, chosen, begin, told: begin };
    onchange();
  };

  // Lets another of the sounds that play be heard.
  const choose = (id) => {
    tally();
    const { context, tracks } = playing;
    for (const [name, { gain }] of tracks) gain.gain.setTargetAtTime(name === id ? 1 : 0, context.currentTime, FADE / 3);
    playing.chosen = id;
    onchange();
  };

  // Where in the chosen sound we are, from 0 to 1.
  const place = () => {
    if (playing === null) return 0;
    const { buffer, loop } = playing.tracks.get(playing.chosen);
    const gone = Math.max(0, playing.context.currentTime - playing.begin) / buffer.duration;
    return loop ? gone % 1 : Math.min(gone, 1);
  };

  setInterval(tally, 100);
  return {
    wake, decode, sourceOf, start, stop, choose, place, tally,
    chosen: () => (playing === null ? null : playing.chosen),
    on: (heard, change) => { onheard = heard; onchange = change; },
  };
})();
