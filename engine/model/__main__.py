"""`python -m engine.model IN OUT`: train on a folder, in a process of its own."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import BadInput
from engine.full_disk import EXIT_CODE, is_disk_full
from engine.told_to_end import heeding_the_end


def main(argv: Sequence[str] | None = None) -> int:
    """Train. Returns 0, 2 with OUT/error.json if the person has to correct something, or 28 where the disk is full."""
    parser = argparse.ArgumentParser(prog="python -m engine.model", description=__doc__)
    parser.add_argument("folder_in", type=Path, metavar="IN", help="folder with job_config.json and input_data")
    parser.add_argument("folder_out", type=Path, metavar="OUT", help="folder for the results; made if missing")
    parser.add_argument("--seed", type=int, help="replaces the configuration's")
    parser.add_argument("--workers", type=int, default=1, help="trials searched at the same time")
    given = parser.parse_args(argv)

    from engine.model.train import train

    try:
        with heeding_the_end(given.folder_out):
            summary = train(given.folder_in, given.folder_out, seed=given.seed, workers=given.workers)
    except BadInput as error:
        given.folder_out.mkdir(parents=True, exist_ok=True)
        (given.folder_out / "error.json").write_text(json.dumps({"what": error.what, "todo": error.todo}))
        print(error, file=sys.stderr)
        return 2
    except Exception as error:
        if not is_disk_full(error):
            raise
        print(f"The disk is full, so the results cannot be written to {given.folder_out}: {error}", file=sys.stderr)
        return EXIT_CODE
    print(f"{summary.chosen}: {given.folder_out / 'results'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
