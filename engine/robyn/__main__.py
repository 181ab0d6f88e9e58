"""What the R scripts ask of Python: `python -m engine.robyn prepare IN FOLDER` and `python -m engine.robyn tables OUT`.

prepare: returns 0 with what to train on in FOLDER, or 2 with FOLDER/error.json if the person has to correct something.
tables: returns 0 if the results keep their contract, else 1 with a line for each problem.
Both return 28 where the disk is full.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.errors import BadInput
from engine.full_disk import EXIT_CODE, is_disk_full


def main(argv: Sequence[str] | None = None) -> int:
    """Do one of both; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m engine.robyn")
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    one = verbs.add_parser("prepare", help="check the input and spell everything out")
    one.add_argument("folder_in", type=Path, metavar="IN", help="folder with job_config.json and input_data")
    one.add_argument("folder", type=Path, metavar="FOLDER", help="folder to train on; made if missing")
    one.set_defaults(run=_prepare)
    one = verbs.add_parser("tables", help="turn CSV tables into Parquet, and check the results")
    one.add_argument("folder_out", type=Path, metavar="OUT", help="folder with results/")
    one.set_defaults(run=_tables)
    given = parser.parse_args(argv)
    try:
        return int(given.run(given))
    except Exception as error:
        if not is_disk_full(error):
            raise
        print(f"The disk is full: {error}", file=sys.stderr)
        return EXIT_CODE


def _prepare(given: argparse.Namespace) -> int:
    from engine.robyn.dated import Dated, keep
    from engine.robyn.prepare import prepare

    told = given.folder / "error.json"
    told.unlink(missing_ok=True)
    try:
        inputs = prepare(given.folder_in, given.folder)
    except BadInput as error:
        given.folder.mkdir(parents=True, exist_ok=True)
        told.write_text(json.dumps({"what": error.what, "todo": error.todo}, ensure_ascii=False))
        print(error, file=sys.stderr)
        return 2
    keep(Dated.of(inputs), given.folder.parent)
    for note in inputs.told:
        print(note)
    return 0


def _tables(given: argparse.Namespace) -> int:
    from engine.robyn.tables import type_tables

    problems = type_tables(given.folder_out)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
