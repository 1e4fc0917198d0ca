"""Stream a WAV file through an nn~ file, block by block, with PyTorch alone; Tritone is not needed.

    python play_nn.py model.ts in.wav out.wav [BLOCK]

The WAV file has 16 bits and the model's rate. The output is as long as the input and without the model's latency.
"""

import sys
import wave

import torch


def read(path: str) -> tuple[torch.Tensor, int]:
    """Sound `(1, channels, time)` and its rate."""
    with wave.open(path, "rb") as file:
        if file.getsampwidth() != 2:
            sys.exit(f"{path} must have 16 bits a sample.")
        samples = torch.frombuffer(bytearray(file.readframes(file.getnframes())), dtype=torch.int16)
        return samples.view(1, -1, file.getnchannels()).transpose(1, 2) / 32768, file.getframerate()


def write(path: str, sound: torch.Tensor, rate: int) -> None:
    """Sound `(1, channels, time)` as 16 bits."""
    samples = (sound[0].T.clamp(-1, 1) * 32767).round().to(torch.int16).contiguous()
    with wave.open(path, "wb") as file:
        file.setparams((sound.shape[1], 2, rate, 0, "NONE", ""))
        file.writeframes(samples.numpy().tobytes())


@torch.inference_mode()
def play(model: torch.jit.ScriptModule, sound: torch.Tensor, block: int) -> torch.Tensor:
    """The sound through `forward` in blocks, as it would come out of a host, its latency cut off."""
    latency = model.get_latency()
    samples = sound.shape[-1]
    padded = torch.nn.functional.pad(sound, (0, latency + -(samples + latency) % block))
    return torch.cat([model(part) for part in padded.split(block, -1)], -1)[..., latency : latency + samples]


def main() -> None:
    """What the command line asks for."""
    model_path, given, result = sys.argv[1:4]
    model = torch.jit.load(model_path)
    sound, rate = read(given)
    channels = int(model.forward_params[0])
    ratio = int(max(model.encode_params.max(), model.decode_params.max()))
    block = int(sys.argv[4]) if len(sys.argv) > 4 else max(2048, ratio)
    if rate != model.get_rate():
        sys.exit(f"{given} has {rate} samples a second; this model was trained at {model.get_rate()}.")
    if block % ratio:
        sys.exit(f"A block must be a multiple of {ratio} samples for this model, not {block}.")
    sound = sound.mean(1, keepdim=True).expand(-1, channels, -1) if sound.shape[1] != channels else sound
    write(result, play(model, sound, block), rate)
    late = 1000 * model.get_latency() / rate
    print(f"{result}: {sound.shape[-1] / rate:.2f} s; in a live host it would come {late:.0f} ms late, and a buffer")


if __name__ == "__main__":
    main()
