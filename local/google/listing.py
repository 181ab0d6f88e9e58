"""A page of a listing: what stands between two names, a folder told once, and where the next page begins."""

import base64
from dataclasses import dataclass, field

from local.google.objects import Objects, after_all
from local.google.stored import Stored, read

PAGE = 1000
FEW = 16


class BadToken(Exception):
    """The token is none that a page gave (HTTP 400)."""


@dataclass
class Page:
    """One page. `token` is what the next one is asked for with; empty where there is none."""

    items: list[Stored] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)
    token: str = ""

    def __len__(self) -> int:
        return len(self.items) + len(self.prefixes)


def page(
    objects: Objects,
    *,
    prefix: str = "",
    delimiter: str = "",
    start: str = "",
    end: str = "",
    token: str = "",
    limit: int = PAGE,
) -> Page:
    """Return the names under `prefix`, from `start` on and before `end`, with those after a `delimiter` as folders.

    Reads what the page shows and no more: of a folder, one row. Raises BadToken.
    """
    found, limit = Page(), min(limit, PAGE)
    stop = min((one for one in (end, after_all(prefix)) if one), key=_as_sorted, default="")
    at = max(prefix, start, read_token(token), key=_as_sorted)
    while True:
        # One more than there is room for: whether there is a next page. Folders are stepped over, a few rows each.
        most = FEW if delimiter else limit + 1
        rows = objects.between(at, stop, most)
        for name, body in rows:
            if len(found) == limit:
                found.token = make_token(name)
                return found
            rest = name[len(prefix) :]
            if delimiter and delimiter in rest:
                folder = prefix + rest[: rest.index(delimiter) + len(delimiter)]
                found.prefixes.append(folder)
                at = after_all(folder)
                break
            found.items.append(read(body))
        else:
            if len(rows) < most:
                return found
            at = rows[-1][0] + "\0"
        if not at:
            return found


def make_token(name: str) -> str:
    """What a page says of where the next begins: nothing that anybody should read."""
    return base64.urlsafe_b64encode(name.encode()).decode()


def read_token(token: str) -> str:
    """The name that a token stands for. Raises BadToken."""
    try:
        return base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except ValueError as error:
        raise BadToken from error


def _as_sorted(name: str) -> bytes:
    """How a name sorts: by its UTF-8."""
    return name.encode("utf-8", "surrogatepass")
