"""Measure anew what docs/scale.md says, and write the page: `python -m docs.figures`. Minutes.

`state.json` is the line of bench.state, `simulate.json` that of bench.simulate, `machine.json` what they ran on.
`python -m docs.figures --page` writes the page alone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from typing import Any

from docs import scale

MINUTES = 60
SIMULATE = ("bench.simulate", *(f"--quota={name}={value:g}" for name, value in scale.RAISED.items()), "--scale")


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m docs.figures")
    parser.add_argument("--page", action="store_true", help="write the page alone, from the figures that are there")
    parser.add_argument("--simulate", action="store_true", help="keep bench.state's figures, and simulate anew")
    told = parser.parse_args()
    if not told.page:
        if not told.simulate:
            _keep("state", _measured("bench.state"))
            _keep("machine", _machine())
        _keep("simulate", _measured(*SIMULATE))
    scale.PAGE.write_text(scale.page(*scale.figures()))


def _measured(module: str, *arguments: str) -> dict[str, Any]:
    """Run a bench and return the line that it prints last."""
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments], stdout=subprocess.PIPE, text=True, check=True, timeout=90 * MINUTES
    )
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def _machine() -> dict[str, Any]:
    """What the figures were measured on, as far as it bears on them."""
    known = platform.freedesktop_os_release()
    system = f"{known.get('NAME', 'Linux').split()[0]} {known.get('VERSION_ID', '')}".strip()
    return {"cores": os.cpu_count(), "system": system, "python": ".".join(platform.python_version_tuple()[:2])}


def _keep(name: str, found: dict[str, Any]) -> None:
    """Keep figures as one line that a person can compare: a key a line, in the order of the bench."""
    rows = ",\n".join(f" {json.dumps(key)}: {json.dumps(value)}" for key, value in found.items())
    (scale.FIGURES / f"{name}.json").write_text("{\n" + rows + "\n}\n")


if __name__ == "__main__":
    main()
