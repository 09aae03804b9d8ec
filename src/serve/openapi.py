"""The API's description: FastAPI's own, with what is read and answered by hand, and an example of every answer."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from serve.bodies import REFERENCE, REQUESTS
from serve.guard import GUARDED
from serve.problems import ProblemDetails
from serve.uploads import JSON

Schema = dict[str, Any]
_SCHEMES: Schema = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
}


def openapi(app: FastAPI, keys: bool) -> Schema:
    """The description, made once.

    Args:
        app: with all its routes.
        keys: whether it asks for API keys.
    """
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        _add_schemas(schema["components"]["schemas"])
        _add_examples(schema)
        if keys:
            _add_keys(schema)
        app.openapi_schema = schema
    return app.openapi_schema


def example_of(schema: Schema, schemas: Schema) -> Any:
    """An example of what a schema describes, put together from the examples of its parts.

    Args:
        schema: JSON schema.
        schemas: those it may refer to, by name.

    Returns:
        Plain values; what may be left out and has no example is left out.
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for key in ("examples", "enum"):
        if key in schema:
            return schema[key][0]
    if "properties" in schema:
        shown = {name: part for name, part in schema["properties"].items() if not _dispensable(part)}
        return {name: example_of(part, schemas) for name, part in shown.items()}
    if "items" in schema:
        return [example_of(schema["items"], schemas)]
    return schema["const"] if "const" in schema else schema["default"]


def _dispensable(schema: Schema) -> bool:
    return "examples" not in schema and {"type": "null"} in schema.get("anyOf", ())


def _add_schemas(schemas: Schema) -> None:
    described: tuple[type[BaseModel], ...] = (ProblemDetails, *REQUESTS)
    for model in described:
        own = model.model_json_schema(ref_template=REFERENCE)
        schemas.update(own.pop("$defs", {}))
        schemas[model.__name__] = own
    for model in REQUESTS:
        _allow_null(schemas[model.__name__])


def _allow_null(schema: Schema) -> None:
    """Says of a request's fields that null is the same as nothing."""
    required = schema.get("required", ())
    for name, part in schema["properties"].items():
        if name not in required and "anyOf" not in part:
            schema["properties"][name] = {"anyOf": [part, {"type": "null"}]}


def _add_keys(schema: Schema) -> None:
    schema["components"]["securitySchemes"] = _SCHEMES
    for path, operations in schema["paths"].items():
        for operation in operations.values() if path.startswith(GUARDED) else ():
            operation["security"] = [{scheme: []} for scheme in _SCHEMES]


def _add_examples(schema: Schema) -> None:
    for operations in schema["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                answer = response.get("content", {}).get(JSON)
                if answer is not None:
                    answer["example"] = example_of(answer["schema"], schema["components"]["schemas"])
