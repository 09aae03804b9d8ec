"""Structured logs: a JSON object a line on stderr. What clients send is never in them."""

from __future__ import annotations

import json
import logging
import sys
import time

from fitroom.progress import log, setup_logging

FIELDS = "fields"  # attribute of a record that holds further values


class JsonLines(logging.Formatter):
    """Time (UTC), level, message, and the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line = {"time": f"{stamp}.{int(record.msecs):03d}Z", "level": record.levelname.lower()}
        return json.dumps({**line, "message": record.getMessage(), **getattr(record, FIELDS, {})})


def setup_logs(as_json: bool) -> None:
    """One handler on stderr for all that is logged here: JSON lines, or fitroom's plain ones."""
    setup_logging()
    if as_json:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonLines())
        log.handlers[:] = [handler]
