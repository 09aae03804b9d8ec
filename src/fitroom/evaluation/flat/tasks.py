"""The kinds of model whose records are flat, by the name that a record's ``task`` gives."""

from __future__ import annotations

from fitroom.evaluation.body_photo.scoring import TASK as BODY_PHOTO
from fitroom.evaluation.fit_feedback.scoring import TASK as FIT_FEEDBACK
from fitroom.evaluation.flat.task import FlatTask
from fitroom.evaluation.outfits.scoring import TASK as OUTFITS
from fitroom.evaluation.search.scoring import TASK as SEARCH
from fitroom.evaluation.size_advice.scoring import TASK as SIZE_ADVICE

FLAT_TASKS: dict[str, FlatTask] = {task.name: task for task in (SIZE_ADVICE, BODY_PHOTO, FIT_FEEDBACK, OUTFITS, SEARCH)}
