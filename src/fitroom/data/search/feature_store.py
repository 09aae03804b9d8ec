"""Features of cut-outs on disk, by what they were made of: a second run over the same pictures takes them as they are.

folder/<hash of the network and of every pixel>.safetensors    one set of cut-outs in one view
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from fitroom.data.search.cutouts import Cutout
from fitroom.data.search.loaders import Looks
from fitroom.progress import log
from fitroom.writing import file_beside


def kept(folder: Path, network: str, cuts: Sequence[Cutout], make: Callable[[Sequence[Cutout]], Looks]) -> Looks:
    """What ``make`` gives of cut-outs, made once.

    Args:
        folder: made where it is not there; a damaged file in it is made anew.
        network: what stands for all that ``make`` does.
        cuts: every pixel of them counts.
        make: of the cut-outs.
    """
    path = folder / f"{_key(network, cuts)}.safetensors"
    try:
        return Looks(**load_file(path))
    except FileNotFoundError:
        pass
    except (SafetensorError, OSError, TypeError) as error:
        log.warning("made features anew that could not be read: %s (%s)", path, error)
    looks = make(cuts)
    folder.mkdir(parents=True, exist_ok=True)
    with file_beside(path) as beside:
        save_file({name: part.contiguous() for name, part in looks._asdict().items()}, beside)
    return looks


def _key(network: str, cuts: Sequence[Cutout]) -> str:
    found = hashlib.sha256(network.encode())
    for cut in cuts:
        found.update(cut.image_u8.tobytes())
        found.update(cut.mask.tobytes())
    return found.hexdigest()[:32]
