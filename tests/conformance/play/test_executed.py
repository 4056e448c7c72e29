"""executed: which functions a process and those forked from it execute, by sys.monitoring or sys.settrace."""

import json
import subprocess
import sys
from pathlib import Path

SOURCE = {
    "thing/__init__.py": "from thing.inner import at_import\nat_import()\n",
    "thing/inner.py": """
def at_import():
    return [one for one in (lambda: (1, 2))()]


def called():
    def nested():
        return 1
    return nested()


def never():
    pass


class Thing:
    table = [n for n in range(2)]

    def method(self):
        yield 1

    @property
    def shown(self):
        return 2

    def unused(self):
        pass
""",
    "other.py": "def elsewhere():\n    pass\n",
}

SCRIPT = """
import os, sys, threading
from pathlib import Path
sys.path[:0] = [{harness!r}, {place!r}]
import executed
os.environ[executed.INTO], os.environ[executed.PACKAGE] = {place!r}, {place!r} + "/thing"
recorder = executed.Recorder.from_environment()
assert executed.INTO not in os.environ and executed.Recorder.from_environment() is None
recorder.start()
import thing, other
for number in range(2):
    if os.fork() == 0:
        path = recorder.begin("a/b", f"role{{number}}")
        other.elsewhere()
        if number == 0:
            thing.inner.called()
            threading.Thread(target=lambda: list(thing.inner.Thing().method())).start()
        else:
            thing.inner.Thing().shown
        while threading.active_count() > 1:
            pass
        recorder.end(path)
        os._exit(0)
    os.wait()
path = recorder.begin("a/b", "lost")
"""


def test_functions_of_the_package_by_role(tmp_path: Path) -> None:
    for name, text in SOURCE.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    harness = Path(__file__).parents[3] / "conformance/play/subjects"
    script = SCRIPT.format(harness=str(harness), place=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    found = {path.name.split("+")[1]: path.read_text() for path in tmp_path.glob("a.b+*.json")}
    inner = "thing/inner.py"
    at_import = [[inner, "Thing"], [inner, "at_import"]]
    assert json.loads(found["role0"]) == sorted([*at_import, [inner, "Thing.method"], [inner, "called"]])
    assert json.loads(found["role1"]) == sorted([*at_import, [inner, "Thing.shown"]])
    assert found["lost"] == ""
