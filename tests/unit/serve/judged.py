"""Whether an answer is one that the server's own OpenAPI promises: status, type, code, schema, headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from jsonschema import Draft202012Validator

from fitroom.pipelines.ai_label import SOURCE_TYPE
from serve.problem_codes import PROBLEMS

PROBLEM, JSON = "application/problem+json", "application/json"
ANYWHERE = {"not-found", "method-not-allowed", "http-error"}  # of paths and methods that OpenAPI does not name


class Judge:
    """Holds answers against a description.

    Args:
        openapi: as ``/openapi.json`` answers it.
    """

    def __init__(self, openapi: dict[str, Any]) -> None:
        self.openapi = openapi
        self._validators: dict[str, Draft202012Validator] = {}

    def fault(self, route: str, method: str, status: int, headers: Mapping[str, str], content: bytes) -> str | None:
        """What is wrong with an answer; None = it is as promised.

        Args:
            route: as OpenAPI names the path.
            method: of the request.
            status, headers, content: of the answer; names of headers in lower case.
        """
        if status >= 500:
            return f"status {status}"
        if headers.get("cache-control") != "no-store":
            return "it may be cached"
        kind = headers.get("content-type", "").partition(";")[0]
        if kind == PROBLEM and json.loads(content)["code"] in ANYWHERE:
            return self._problem(status, json.loads(content))
        promised = self.openapi["paths"][route][method.lower()]["responses"].get(str(status))
        if promised is None:
            return f"status {status} is not documented"
        for name, header in promised.get("headers", {}).items():
            if header.get("required") and name.lower() not in headers:
                return f"{name} is missing"
        if status == 204:
            return "204 with a body" if content else None
        if kind not in promised["content"]:
            return f"{kind} is not documented for {status}"
        if kind.startswith("image/"):
            if route == "/v1/pictures/{id}":
                return None  # a shop's own
            return None if SOURCE_TYPE.encode() in content else "the picture does not say that it is generated"
        value = json.loads(content)
        found = next(self._validator(promised["content"][kind]["schema"]).iter_errors(value), None)
        if found is not None:
            return f"not of its schema: {found.message[:300]} at {found.json_path}"
        if kind == PROBLEM and value["code"] not in promised["content"][kind]["examples"]:
            return f"code {value['code']} is not documented"
        return self._problem(status, value) if kind == PROBLEM else None

    def examples(self) -> list[str]:
        """Each example of the description that is not of its own schema, and each place where one is missing."""
        faults = []
        for route, operations in self.openapi["paths"].items():
            for method, operation in operations.items():
                bodies = {"request": operation.get("requestBody", {}), **operation["responses"]}
                for name, body in bodies.items():
                    for kind, told in body.get("content", {}).items():
                        where = f"{method} {route} {name} {kind}"
                        faults += [f"{where}: {fault}" for fault in self._examples(told)]
        return faults

    def _examples(self, told: dict[str, Any]) -> list[str]:
        values = [told["example"]] if "example" in told else [one["value"] for one in told.get("examples", {}).values()]
        if not values:
            return ["there is no example"]
        check = self._validator(told["schema"])
        return [error.message[:300] for value in values for error in check.iter_errors(value)]

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            self._validators[key] = Draft202012Validator({**schema, "components": self.openapi["components"]})
        return self._validators[key]

    @staticmethod
    def _problem(status: int, problem: dict[str, Any]) -> str | None:
        code = problem["code"]
        if code not in PROBLEMS:
            return f"there is no code {code}"
        known, title = PROBLEMS[code]
        told = (problem["status"], problem["title"], problem["type"])
        if told != (status, title, f"urn:fitroom:problem:{code}") or known != status:
            return f"status, title or type of {code} do not fit: {told}, answered {status}"
        return None
