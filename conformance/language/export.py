"""``python -m conformance export CASE``: the Node half of a case as one program for plain ``node``."""

import json
from pathlib import Path

from conformance.language.case import Case

FIXTURES = Path(__file__).parents[2] / "node_fixtures"


def export(case: Case) -> str:
    """A standalone program: the roles of ``case``, then the stage they run on.

    ``node x.js`` runs every role as a process of its own and prints all their records as JSON lines; ``node
    x.js ROLE name=value…`` runs one role with these published values.
    """
    roles = ",\n".join(
        f"    {json.dumps(role.name)}: {{\n"
        f"      needs: {json.dumps(list(role.needs))},\n"
        f"      get program() {{ return {_indent(case.programs[role.name], 6)}; }},\n"  # once `$` is there
        f"    }}"
        for role in case.roles
    )
    return f"""\
'use strict';
// {case.id}: {_comment(case.about)}
//
// Made by `python -m conformance export {case.id}` from {case.file.name}, line {case.line}.
//   node x.js                       every role, each in a process of its own
//   node x.js {_usage(case)}

const $CASE = {{
  id: {json.dumps(case.id)},
  deadlineMs: {json.dumps(case.deadline_ms)},
  rawRoles: {json.dumps([role.name for role in case.raw_roles])},
  roles: {{
{roles},
  }},
}};

// --- what the program above stands on: subset.js and stage.js of the harness -------------------------------

{_foundation()}"""


def stage() -> str:
    """The stage as one program, which plays the role it is told of on descriptor 0."""
    return f"'use strict';\n{_foundation()}"


def _foundation() -> str:
    """The text of the stage, with that of what it stands on in front."""
    state = json.loads((FIXTURES / "state.json").read_text(encoding="utf-8"))
    return f"""\
const $STATE = {json.dumps(state)};

const $SUBSET = ((module) => {{
{_body((FIXTURES / "subset.js").read_text(encoding="utf-8"))}
return module.exports;
}})({{}});

{_body((FIXTURES / "stage.js").read_text(encoding="utf-8"))}"""


def _usage(case: Case) -> str:
    role = case.roles[-1]
    call = " ".join([role.name, *(f"{need}=…" for need in role.needs)])
    return f"{call:<22} that role alone"


def _comment(text: str) -> str:
    """The text in one line that can be written as UTF-8."""
    return " ".join(text.split()).encode("utf-8", "backslashreplace").decode()


def _body(source: str) -> str:
    return source.removeprefix("'use strict';\n").strip("\n") + "\n"


def _indent(source: str, by: int) -> str:
    return source.replace("\n", "\n" + " " * by)
