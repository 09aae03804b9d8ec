"""Where a pretrained base lies, its configs, its weights, and the hash by which a bundle names it.

    BASE/                                     a folder, or the same on the hub
        unet/config.json                      diffusion_pytorch_model[.variant][-00001-of-00002].safetensors
        (transformer/, where the form is one of FLUX)
        vae/config.json                       diffusion_pytorch_model[.variant].safetensors
        scheduler/scheduler_config.json

Text encoders, tokenizers and checkers are neither read nor fetched. Weights are safetensors: nothing is unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from fitroom.data.files import cache_folder
from fitroom.errors import WeightsError
from fitroom.models.weights import file_sha256
from fitroom.writing import write_text_atomically

NETWORK_OF = {"inpainting": "unet", "flux-fill": "transformer", "flux-kontext": "transformer"}
_WEIGHTS = "diffusion_pytorch_model"
_LOOKS_LIKE = "sub-folders {}, vae and scheduler, each with its config, the first two with *.safetensors"


@dataclass(frozen=True)
class Base:
    """A base whose files are on disk.

    Attributes:
        name: as the config gives it.
        folder: that holds it.
        form: of :class:`~fitroom.models.tryon_latent.config.LatentTryOnConfig`.
        variant: of its weight files.
    """

    name: str
    folder: Path
    form: str
    variant: str

    def settings(self, part: str) -> dict[str, Any]:
        """The config of a part: unet or transformer, vae, scheduler.

        Raises:
            WeightsError: it is not there, or is no JSON.
        """
        path = self.folder / part / ("scheduler_config.json" if part == "scheduler" else "config.json")
        try:
            values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"the base has no {part} that can be read",
                where=path,
                rule=_LOOKS_LIKE.format(NETWORK_OF[self.form]),
                got=getattr(error, "strerror", None) or str(error),
                fix=self._other_form()
                or "name the folder into which diffusers' save_pretrained wrote the whole pipeline",
            ) from error
        return values

    def weight_files(self, part: str) -> list[Path]:
        """The safetensors of a part, in their order.

        Raises:
            WeightsError: there are none.
        """
        stem = f"{_WEIGHTS}.{self.variant}" if self.variant else _WEIGHTS
        folder = self.folder / part
        found = [folder / f"{stem}.safetensors"] if (folder / f"{stem}.safetensors").is_file() else []
        found = found or sorted(folder.glob(f"{stem}-*-of-*.safetensors"))
        if not found:
            raise WeightsError(
                f"the base has no weights of its {part}",
                where=folder,
                rule=f"{stem}.safetensors",
                got=", ".join(sorted(path.name for path in folder.glob("*"))) or "nothing",
                fix="name another model.variant, or save it with safe_serialization=True",
            )
        return found

    def load(self, part: str, dtype: torch.dtype = torch.float32) -> Any:
        """The part with its weights, brought to ``dtype`` as they are read.

        Raises:
            WeightsError: they are not there, or are not those that its config describes.
        """
        self.settings(part), self.weight_files(part)
        options = {"use_safetensors": True, "variant": self.variant or None, "local_files_only": True}
        try:
            made, told = model_class(part).from_pretrained(
                self.folder / part, output_loading_info=True, low_cpu_mem_usage=True, torch_dtype=dtype, **options
            )
        except (OSError, ValueError, RuntimeError, TypeError) as error:
            raise WeightsError(
                f"the {part} of the base cannot be read", where=self.folder / part, got=str(error).splitlines()[0]
            ) from error
        wrong = [*told["missing_keys"], *told["unexpected_keys"]]
        if wrong or told["mismatched_keys"]:
            raise WeightsError(
                f"the weights of the base's {part} are not those that its config describes",
                where=self.folder / part,
                got=f"{len(wrong) + len(told['mismatched_keys'])} missing, unknown or misshapen, first {wrong[:3]}",
            )
        return made

    def empty(self, part: str) -> Any:
        """The part as its config describes it, with whatever weights its layers begin with."""
        settings = {key: value for key, value in self.settings(part).items() if not key.startswith("_")}
        return model_class(part).from_config(settings)

    def _other_form(self) -> str:
        """What to say of a base that holds the network of another form; "" where it does not."""
        forms = [form for form, part in NETWORK_OF.items() if (self.folder / part / "config.json").is_file()]
        return "" if self.form in forms or not forms else f"it is a base for model.form {' or '.join(forms)}"

    def sha256(self) -> str:
        """Hex digest of all that is used of it: configs and weights, by content."""
        network = NETWORK_OF[self.form]
        files = [path for part in (network, "vae") for path in self.weight_files(part)]
        lines = [f"{part} {json.dumps(_plain(self.settings(part)), sort_keys=True)}" for part in (network, "vae")]
        lines.append(f"scheduler {json.dumps(_plain(self.settings('scheduler')), sort_keys=True)}")
        lines += [f"{path.parent.name} {_remembered_sha256(path)}" for path in files]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def find_base(name: str, form: str, variant: str = "", *, weights: bool = True) -> Base:
    """The base of a name: a folder, or from the hub's cache, fetched where it is not there yet.

    Args:
        name: hub id or folder.
        form, variant: see :class:`Base`.
        weights: False = configs alone, a few kilobytes.

    Raises:
        WeightsError: no such folder, and the hub has none of that name or cannot be reached.
    """
    if Path(name).is_dir():
        return Base(name, Path(name), form, variant)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError

    stem = f"{_WEIGHTS}.{variant}" if variant else _WEIGHTS
    wanted = [f"{part}/*config.json" for part in (NETWORK_OF[form], "vae", "scheduler")]
    if weights:
        wanted += [f"{part}/{stem}{end}" for part in (NETWORK_OF[form], "vae") for end in (".s*", "-*-of-*.s*")]
    try:
        folder = snapshot_download(name, allow_patterns=wanted)
    except (OSError, ValueError, HFValidationError) as error:
        raise WeightsError(
            "the base is not there",
            where=name,
            rule="a folder in diffusers' form, or a model on the hub",
            got=(str(error) or type(error).__name__).splitlines()[0],
            fix="give the path of a local copy with --model.base, or go online once",
        ) from error
    return Base(name, Path(folder), form, variant)


def model_class(part: str) -> Any:
    """diffusers' class of a part."""
    import diffusers

    names = {"unet": "UNet2DConditionModel", "transformer": "FluxTransformer2DModel", "vae": "AutoencoderKL"}
    return getattr(diffusers, names[part])


def cast_weights(module: torch.nn.Module, dtype: torch.dtype, but: Sequence[torch.nn.Parameter] = ()) -> None:
    """Brings matrices and kernels to ``dtype``, and vectors (norms, biases) to float32, which autocast expects.

    Vectors of an RMSNorm follow ``dtype`` too: autocast leaves them alone, and the fused kernel wants its input's type.

    Args:
        module: changed in place.
        dtype: of what is not trained.
        but: parameters that are left alone.
    """
    known = set(but)
    of_input = {p for part in module.modules() if isinstance(part, torch.nn.RMSNorm) for p in part.parameters()}
    for parameter in module.parameters():
        if parameter not in known and not parameter.is_meta:
            narrow = parameter.ndim > 1 or parameter in of_input
            parameter.data = parameter.data.to(dtype if narrow else torch.float32)


def _plain(settings: dict[str, Any]) -> dict[str, Any]:
    """Without what a library writes about itself: version, class and path."""
    return {key: value for key, value in settings.items() if not key.startswith("_")}


def _remembered_sha256(path: Path) -> str:
    """SHA-256 of a large file; remembered in the user's cache for as long as size and time stay."""
    status = path.stat()
    stamp = json.dumps([str(path.resolve()), status.st_size, status.st_mtime_ns])
    memory = cache_folder() / "bases" / f"{hashlib.sha256(stamp.encode()).hexdigest()[:24]}.txt"
    if memory.is_file():
        return memory.read_text(encoding="utf-8").strip()
    digest = file_sha256(path)
    memory.parent.mkdir(parents=True, exist_ok=True)
    write_text_atomically(memory, digest)
    return digest
