"""All models of Robyn's longest recorded run, evaluated again by `mmm evaluate`.

`python -m bench.parity REFERENCE` takes the folder of Robyn's reference numbers, starts from its `dt_mod.csv`, and
prints one line of JSON: how many models there are and how far NRMSE and DECOMP.RSSD are from Robyn's at the most. It
fails where a model is further off than the digits of the reference table allow.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

# The table holds ten significant digits.
ALLOWED = 1e-9


def main() -> int:
    """Evaluate all models and compare. Returns 1 if one differs."""
    parser = argparse.ArgumentParser(prog="python -m bench.parity")
    parser.add_argument("reference", type=Path, help="the folder with dt_mod.csv and all_candidates.csv.gz")
    reference: Path = parser.parse_args().reference
    known = pd.read_csv(reference / "all_candidates.csv.gz")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_input(reference, folder)
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


def make_input(reference: Path, folder: Path) -> None:
    """Make a trainer's IN folder of Robyn's demo that starts from Robyn's own modelling table."""
    given = json.loads((reference / "inputs.json").read_text())
    (folder / "input_data.csv").write_bytes((reference / "dt_simulated_weekly.csv").read_bytes())
    (folder / "dt_mod.csv").write_bytes((reference / "dt_mod.csv").read_bytes())
    bounds = {name: one for name, one in given["hyperparameter_bounds"]["geometric"].items() if name != "train_size"}
    config = {
        "country": given["prophet_country"],
        "date_var": given["date_var"],
        "dep_var": given["dep_var"],
        "start_date": given["window_start"],
        "end_date": given["window_end"],
        "paid_media_spends": given["paid_media_spends"],
        "paid_media_vars": given["paid_media_vars"],
        "organic_vars": given["organic_vars"],
        "context_vars": given["context_vars"],
        "factor_vars": given["factor_vars"],
        "prophet_vars": given["prophet_vars"],
        "custom_hyperparameters": bounds,
    }
    (folder / "job_config.json").write_text(json.dumps(config))


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
