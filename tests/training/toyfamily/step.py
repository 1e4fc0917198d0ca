import torch
from torch import nn

from tritone.families.base import averaged
from tritone.training.schedule import linear


class TrainingStep:
    def __init__(self, config, synthesizer, mean):
        self.config, self.synthesizer, self.mean = config, synthesizer, mean
        self.discriminator = nn.Conv1d(config.channels, 1, 16, stride=8)
        self.helpers = {"discriminator": self.discriminator}
        self.optimizers = {
            "generator": torch.optim.Adam(synthesizer.parameters(), config.learning_rate),
            "discriminator": torch.optim.Adam(self.discriminator.parameters(), config.learning_rate),
        }

    def roles(self, step):
        return ("generator", "discriminator") if step % 3 else ("generator",)

    def weights(self, step):
        return self.config.weights

    def learning_rate(self, role, step):
        return linear(step, 0, 30, self.config.learning_rate, 0.1 * self.config.learning_rate)

    def played(self, role):
        return role == "generator"

    def losses(self, role, batch, step):
        self.synthesizer.train()
        fake = self._fake(batch)
        if role == "discriminator":
            real, fake = self.discriminator(batch.audio), self.discriminator(fake.detach())
            return {"discriminator": (torch.relu(1 - real) + torch.relu(1 + fake)).mean()}
        with torch.no_grad():
            self.synthesizer.power.lerp_(self.mean(batch.audio.square().mean()), 0.5)
        distance = (fake - batch.audio).square().mean()
        if step == self.config.bad_step:
            distance = distance * float("nan")
        return {"distance": distance, "adversarial": -self.discriminator(fake).mean(), "watched": fake.abs().mean()}

    def validate(self, synthesizer, batches, step):
        return averaged(
            lambda batch: {"distance": (synthesizer.reconstruct(batch.audio) - batch.audio).square().mean()}, batches
        )

    def analyse(self, synthesizer, batches, step):
        latents = torch.cat([synthesizer.encode(batch.audio).mean((0, 2))[None] for batch in batches])
        synthesizer.analysed.copy_(latents.mean(0))

    def preview(self, synthesizer, batch, step):
        return {"input": batch.audio, "output": synthesizer.reconstruct(batch.audio)}

    def _fake(self, batch):
        frames = batch.audio.shape[-1] // 4
        rows = [torch.Generator().manual_seed(int(seed)) for seed in batch.seeds]
        noise = torch.stack([torch.randn(self.config.hidden, frames, generator=row) for row in rows])
        return self.synthesizer.reconstruct(batch.audio, noise.to(batch.audio.device))
