"""Finished trials on disk, so that a training that was killed goes on after the last of them."""

import os
import shutil
import zipfile
from dataclasses import dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from engine.model.fit.candidate import Candidates
from engine.model.fit.problem import Previous, Problem
from engine.model.fit.space import Space

# What numpy and zipfile raise where there is no file, or one that is no file of ours any more.
BROKEN = (OSError, ValueError, KeyError, TypeError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile)


@dataclass(frozen=True)
class KeptTrials:
    """A folder with one file per finished trial. fingerprint: of everything that decides what a trial finds."""

    folder: Path
    fingerprint: str

    def load(self, number: int) -> Candidates | None:
        """Return a trial that was kept; None if there is none, or it belongs to another training, or is broken."""
        try:
            with self._path(number).open("rb") as file, np.load(file, allow_pickle=False) as stored:
                if str(stored["fingerprint"]) != self.fingerprint:
                    return None
                return Candidates(**{field.name: stored[field.name] for field in fields(Candidates)})
        except BROKEN:
            return None

    def save(self, number: int, found: Candidates) -> None:
        """Keep a trial. A reader never sees half a file."""
        self.folder.mkdir(parents=True, exist_ok=True)
        half = self._path(number).with_suffix(".part")
        with half.open("wb") as file:
            arrays: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(Candidates)}
            np.savez(file, fingerprint=np.array(self.fingerprint), **arrays)
        os.replace(half, self._path(number))

    def clear(self) -> None:
        """Forget all trials: the results are written."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _path(self, number: int) -> Path:
        return self.folder / f"trial_{number}.npz"


def fingerprint(problem: Problem, space: Space, **settings: Any) -> str:
    """Return a digest of all numbers and settings that decide what a trial finds."""
    digest = sha256()
    for one in (problem, space):
        for field in fields(one):
            value = getattr(one, field.name)
            digest.update(field.name.encode())
            digest.update(np.ascontiguousarray(value).tobytes() if isinstance(value, np.ndarray) else _text(value))
    digest.update(repr(sorted(settings.items())).encode())
    return digest.hexdigest()


def _text(value: Any) -> bytes:
    if isinstance(value, Previous):
        return bytes(value.shares.tobytes()) + repr(value.kept).encode()
    return repr(value).encode()
