"""All models of Robyn's longest recorded run, evaluated again by `mmm evaluate`.

`python -m bench.parity` starts from Robyn's own modelling table and prints one line of JSON: how many models there are
and how far NRMSE and DECOMP.RSSD are from Robyn's at the most. It fails where a model is further off than the digits of
the reference table allow.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from bench.reference import REFERENCE, make_input

# The table holds ten significant digits.
ALLOWED = 1e-9


def main() -> int:
    """Evaluate all models and compare. Returns 1 if one differs, or there is nothing to compare with."""
    if not REFERENCE.is_dir():
        print(f"Robyn's reference numbers are not at {REFERENCE.name}.", file=sys.stderr)
        return 1
    known = pd.read_csv(REFERENCE / "all_candidates.csv.gz")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(folder, decomposed=True)
        (folder / "models.jsonl").write_text("".join(f"{line}\n" for line in models(known)))
        began = time.perf_counter()
        command = [sys.executable, "-m", "bot.cli", "evaluate", str(folder), "--models", str(folder / "models.jsonl")]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        seconds = time.perf_counter() - began
    ours = pd.DataFrame([json.loads(line) for line in said.splitlines()])
    off = {name: float((ours[name] / known[name] - 1).abs().max()) for name in ("nrmse", "decomp.rssd")}
    same = len(ours) == len(known) and max(off.values()) <= ALLOWED
    print(json.dumps({"bench": "parity", "models": len(ours), "off": off, "same": same, "seconds": round(seconds, 1)}))
    return 0 if same else 1


def models(known: pd.DataFrame) -> list[str]:
    """Return one line of JSON per model of the table of all candidates."""
    names = [name for name in known if name.endswith(("_alphas", "_gammas", "_thetas"))]
    return [
        json.dumps({"solID": row["solID"], "hyperparameters": {name: row[name] for name in names},
                    "lambda_hp": row["lambda_hp"]})
        for row in known.to_dict("records")
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
