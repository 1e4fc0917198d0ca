"""A student's teacher, from its run folder."""

from pathlib import Path

from tritone.errors import UserError
from tritone.families.diffusion.config import Config
from tritone.families.diffusion.diffusion_model import DiffusionModel
from tritone.nn.diffusion.objective import Denoiser
from tritone.training.checkpoint import check_fits
from tritone.training.run import Run


def load_teacher(config: Config, student: DiffusionModel) -> Denoiser:
    """The frozen denoiser that the configuration of a student names; the student becomes its equal, scales included.

    UserError where the teacher's run or checkpoint is gone, or is of another architecture than the student.
    """
    if config.distil is None or not Path(config.distil.teacher).is_dir():
        where = "" if config.distil is None else config.distil.teacher
        raise UserError(f"model.distil.teacher: the run {where} is gone, from which this student learns; put it back.")
    teacher = Run(config.distil.teacher).load(config.distil.teacher_step, student.device)
    if not isinstance(teacher, DiffusionModel):
        raise UserError(f"model.distil.teacher: {config.distil.teacher} is no diffusion model; give a diffusion run.")
    weights = teacher.state_dict()
    check_fits(weights, student.state_dict(), config.distil.teacher)
    student.load_state_dict(weights)
    denoiser: Denoiser = teacher.denoiser.requires_grad_(False).eval()
    return denoiser
