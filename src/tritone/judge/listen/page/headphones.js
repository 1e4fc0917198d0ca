"use strict";
// Whether headphones are worn: of three tones one is 6 dB quieter, and one has its two channels against each other, which
// loudspeakers cancel in the room so that it seems the quietest (Woods, Siegel, Traer and McDermott, 2017).

const headphonesCheck = (onkeys) => {
  const ROUNDS = 3, HERTZ = 200, TONE = 0.8, GAP = 0.4, RAMP = 0.08, RATE = 44100, LEVEL = 0.2;
  const kinds = () => {
    const left = [[1, 1], [0.5, 0.5], [1, -1]], drawn = [];
    while (left.length) drawn.push(...left.splice(randomBelow(left.length), 1));
    return drawn;
  };
  const threeTones = (drawn) => {
    const buffer = new AudioBuffer({ numberOfChannels: 2, length: Math.round(RATE * (3 * TONE + 2 * GAP)), sampleRate: RATE });
    for (const channel of [0, 1]) {
      const data = buffer.getChannelData(channel);
      drawn.forEach((gains, index) => {
        const start = Math.round(RATE * index * (TONE + GAP)), length = Math.round(RATE * TONE);
        for (let sample = 0; sample < length; sample++) {
          const edge = Math.min(1, sample / (RATE * RAMP), (length - sample) / (RATE * RAMP));
          data[start + sample] = LEVEL * gains[channel] * edge * Math.sin(2 * Math.PI * HERTZ * sample / RATE);
        }
      });
    }
    return buffer;
  };

  const round = (number) => new Promise((done) => {
    const drawn = kinds(), id = `tones-${number}`;
    let played = false;
    const press = () => {
      if (Player.chosen() === id) return Player.stop();
      Player.wake(RATE);
      played = true;
      choices.forEach((choice) => { choice.disabled = false; });
      return Player.start([{ id, buffer: threeTones(drawn), loop: false }], id);
    };
    const pick = (index) => {
      if (!played) return;
      Player.stop();
      done(drawn[index][0] === 0.5);
    };
    const player = PlayButton(id, "the three tones", press);
    const choices = [0, 1, 2].map((index) => make("button", { type: "button", class: "plain", disabled: true, click: () => pick(index) }, ["First", "Second", "Third"][index]));
    show(
      make("h1", {}, "Which tone is the quietest?"),
      make("p", {}, `Three tones, ${ROUNDS} times: this shows how your headphones sound. Round ${number} of ${ROUNDS}.`),
      make("div", { class: "deck" }, player.button, make("div", { class: "beside" }, player.track)),
      make("div", { class: "three" }, ...choices),
      Keys(["Space", "plays"], ["1 2 3", "first, second, third"]),
    );
    onkeys({ refresh: () => player.refresh(), keys: { space: press, digit: (digit) => { if (digit <= 3) pick(digit - 1); } } });
  });

  return (async () => {
    let right = 0;
    for (let number = 1; number <= ROUNDS; number++) if (await round(number)) right++;
    return `${right}/${ROUNDS}`;
  })();
};
