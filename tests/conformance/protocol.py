"""The schemas of the role protocol as tests use them, and a subject that is listened to."""

import json
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from conformance.play import subjects
from conformance.play.subjects.base import Subject
from tests.conformance import liars

SCHEMAS = {
    path.name: json.loads(path.read_text("utf-8"))
    for path in (Path(subjects.__file__).parents[2] / "protocol").glob("*.json")
}
_REGISTRY: Registry[Any] = Registry().with_resources(
    (name, Resource.from_contents(schema)) for name, schema in SCHEMAS.items()
)


def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(SCHEMAS[name], registry=_REGISTRY)


COMMAND, RECORD, REPLY, SUPERVISOR, VALUE = (
    validator(f"{name}.json") for name in ("command", "record", "reply", "supervisor", "value")
)


def fault_of(schema: Any, line: Any) -> str | None:
    """What is wrong with a line, None if nothing is."""
    found = jsonschema.exceptions.best_match(schema.iter_errors(line))
    return None if found is None else f"{found.json_path}: {found.message}: {json.dumps(line)[:300]}"


class Overheard(liars.Liar):
    """A subject that tells the truth, and what its roles have said."""

    def __init__(self, honest: Subject) -> None:
        self.said: list[dict[str, Any]] = []
        super().__init__(honest, lambda: self._hear)

    def _hear(self, record: dict[str, Any]) -> list[dict[str, Any] | bytes]:
        self.said.append(json.loads(json.dumps(record)))
        return [record]
