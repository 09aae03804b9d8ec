"""Cases to be answered: frozen ones as they lie in the repository, or drawn from anybody's outfits.

test.jsonl        pieces and outfits, see ``data.outfits.jsonl``
questions.json    {"blanks": [[outfit, rest, candidates], ...], "searches": [...], "judged": [...]}
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from fitroom.data.outfits.jsonl import read_jsonl
from fitroom.data.outfits.parts import read_part
from fitroom.data.outfits.pieces import OutfitSet
from fitroom.data.outfits.polyvore import METADATA, Polyvore
from fitroom.data.outfits.questions import Blank, Judged, make_blanks, make_judged, make_searches
from fitroom.errors import EvaluationError
from fitroom.evaluation.flat.frozen import require_frozen
from fitroom.evaluation.outfits.protocol import OutfitsProtocol
from fitroom.writing import write_text_atomically

TEST, QUESTIONS = "test.jsonl", "questions.json"


@dataclass(frozen=True, eq=False)
class Cases:
    """What is asked.

    Attributes:
        outfits: pieces, and the outfits that were taken.
        blanks: of a few candidates; searches: of all pieces of the category.
        judged: outfits, and pieces that are none.
        digest: SHA-256 that stands for all of it.
    """

    outfits: OutfitSet
    blanks: list[Blank]
    searches: list[Blank]
    judged: list[Judged]
    digest: str

    def families(self) -> dict[str, str]:
        """Whose taste an outfit is, by its id; "" = not known."""
        return {outfit.outfit_id: outfit.family or "" for outfit in self.outfits.outfits}


def read_cases(folder: Path, protocol: OutfitsProtocol) -> Cases:
    """The cases of a folder.

    Raises:
        EvaluationError: they are not those the protocol is frozen for, or there are none.
        DataError: files that do not fit.
    """
    if (folder / QUESTIONS).is_file():
        cases = _frozen(folder)
    elif (folder / METADATA).is_file():
        test = Polyvore(folder, "test")
        outfits, blanks, judged = test.outfits, test.blanks(), test.judged()
        cases = Cases(outfits, blanks, make_searches(outfits, protocol.seed), judged, _digest(outfits))
    else:
        outfits = read_part(folder, "test") or OutfitSet(folder, {}, [])
        cases = draw_cases(outfits, protocol)
    if not cases.outfits.outfits or not cases.blanks:
        raise EvaluationError("there is nothing to ask", where=folder, rule=f"{TEST} with outfits, several a category")
    if protocol.cases_digest:
        fix = "take benchmarks/outfits unaltered, or outfits-own@1 for your own outfits"
        require_frozen(protocol.cases_digest, cases.digest, folder, fix)
    return cases


def draw_cases(outfits: OutfitSet, protocol: OutfitsProtocol) -> Cases:
    """Questions about outfits, by the protocol's seed."""
    blanks = make_blanks(outfits, protocol.num_candidates, protocol.seed)
    searches, judged = make_searches(outfits, protocol.seed), make_judged(outfits, protocol.seed)
    return Cases(outfits, blanks, searches, judged, _digest(outfits))


def freeze(folder: Path, protocol: OutfitsProtocol) -> str:
    """Writes the questions beside ``test.jsonl``, and gives the digest that a protocol then holds."""
    cases = draw_cases(read_jsonl(folder / TEST), protocol)
    asked = {
        "blanks": [[q.outfit_id, q.rest, q.candidates] for q in cases.blanks],
        "searches": [[q.outfit_id, q.rest, q.candidates[:1]] for q in cases.searches],
        "judged": [[q.outfit_id, q.piece_ids, q.is_outfit] for q in cases.judged],
    }
    write_text_atomically(folder / QUESTIONS, json.dumps(asked, separators=(",", ":")) + "\n")
    return _frozen(folder).digest


def _frozen(folder: Path) -> Cases:
    outfits = read_jsonl(folder / TEST)
    asked = json.loads((folder / QUESTIONS).read_text(encoding="utf-8"))
    of = {outfit.outfit_id: outfit for outfit in outfits.outfits}
    blanks = [Blank(o, tuple(rest), tuple(ids), of[o].context) for o, rest, ids in asked["blanks"]]
    judged = [Judged(o, tuple(ids), is_outfit, of[o].context) for o, ids, is_outfit in asked["judged"]]
    all_of = outfits.by_category()
    searches = []
    for o, rest, (right,) in asked["searches"]:
        others = [one for one in all_of[outfits.pieces[right].category] if one != right and one not in rest]
        searches.append(Blank(o, tuple(rest), (right, *others), of[o].context))
    content = b"".join((folder / name).read_bytes() for name in (TEST, QUESTIONS))
    return Cases(outfits, blanks, searches, judged, hashlib.sha256(content).hexdigest())


def _digest(outfits: OutfitSet) -> str:
    return hashlib.sha256("".join(sorted(map(outfits.sha256, outfits.outfits))).encode()).hexdigest()
