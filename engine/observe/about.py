"""What a line of the log is about: ids that follow the work through every call, without being passed on by hand."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})
_ABOUT: ContextVar[Mapping[str, str]] = ContextVar("about", default=_NOTHING)


@contextmanager
def about(**ids: object) -> Iterator[None]:
    """Add ids (`request`, `run`, `attempt`, `draft`, `step`) to every line that is logged within."""
    known = {name: str(value) for name, value in ids.items() if value not in (None, "")}
    token = _ABOUT.set({**_ABOUT.get(), **known})
    try:
        yield
    finally:
        _ABOUT.reset(token)


def what_it_is_about() -> Mapping[str, str]:
    """The ids that hold here."""
    return _ABOUT.get()
