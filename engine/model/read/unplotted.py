"""Prophet without its pictures: loading matplotlib's half of it costs a training half a second that nobody sees."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

PLOTS = "prophet.plot"


class _Unplotted(ModuleType):
    """Answers for every function of Prophet's plots; calling one says what is the matter."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)

        def refuse(*_: object, **__: object) -> None:
            raise NotImplementedError(f"prophet.plot.{name} is not loaded in a training; our own charts draw results.")

        return refuse


@contextmanager
def unplotted() -> Iterator[None]:
    """While Prophet is loaded for the first time, let a stand-in answer for its plots; afterwards it is gone again."""
    if "prophet" in sys.modules or PLOTS in sys.modules:
        yield
        return
    sys.modules[PLOTS] = _Unplotted(PLOTS)
    try:
        yield
    finally:
        del sys.modules[PLOTS]
