"""Size charts of a catalogue's pieces: what a line of items says of them, or the file that it names."""

from __future__ import annotations

from pathlib import Path

from fitroom.data.outfits.pieces import Piece
from fitroom.data.sizing.size_charts import SizeChart, chart_of, read_chart


def chart_of_piece(piece: Piece, items: Path) -> SizeChart | None:
    """The chart of a piece; None where it has none.

    Args:
        piece: of a file of items.
        items: that file; a chart's path starts at its folder.

    Raises:
        DataError: the chart's file cannot be read, or is no chart; see
            :func:`fitroom.data.sizing.size_charts.read_chart`.
        ConfigError: an unknown measure, no number, or one out of range; says in which size.
    """
    if piece.size_chart is None:
        return None
    if isinstance(piece.size_chart, str):
        return read_chart(items.parent / piece.size_chart)
    return chart_of(piece.size_chart.items(), Path(f"{items}, size_chart of {piece.piece_id}"))
