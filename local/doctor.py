"""What `mmm doctor` must know to look at a stack on this machine: the settings that its services were given."""

from collections.abc import Mapping
from pathlib import Path

from engine.errors import BadSettings
from engine.robyn.installed import missing
from local.addresses import Addresses
from local.embedded import environment
from local.embedded.folder import Folder
from local.embedded.server import PORT
from local.embedded.tokens import TOKENS, read_file
from local.environment import service_environment
from local.guard import read_word
from local.main import ADMINS, DEMO_PORT


def demo(state: Path, base: int | None) -> dict[str, str]:
    """Of `mmm local` and `make demo`. Raises BadSettings where it never ran."""
    word = state.resolve() / "keys" / "word"
    if not word.exists():
        raise BadSettings(f"{state} is no demo's folder.", "Name it with --state; make demo makes it.")
    at = Addresses(base or DEMO_PORT, read_word(word))
    trainers = ("native",) if missing() else ("native", "robyn")
    return service_environment(at, trainers, ADMINS)


def of_file(env_file: Path, given: Mapping[str, str]) -> dict[str, str]:
    """An environment with what stands in a file. Raises BadSettings."""
    return {**given, **read_file(env_file)}


def embedded(state: Path, base: int | None, env_file: Path | None, given: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of a team's server on this machine. Raises BadSettings where there is none.

    base, env_file: as they were given to it; where they are not given here, those with which it started last. given:
    the environment of whoever looks.
    """
    folder = Folder(state.resolve())
    if not folder.word.exists():
        todo = "Name it with --state; mmm serve all --embedded makes it."
        raise BadSettings(f"{folder.path} is no server's folder.", todo)
    known = folder.read()
    noted, port = known.get("env_file"), known.get("port")
    env_file = env_file or (Path(noted) if noted and isinstance(noted, str) else None)
    given = {**given, **(read_file(env_file) if env_file else {})}
    base = base or (port if isinstance(port, int) else PORT)
    # The tokens that the server keeps count, not those that are exported here.
    slack = {
        setting: f"file:{folder.secrets / file}"
        if given.get(token)
        else given.get(setting, f"file:{folder.secrets / file}")
        for token, (setting, file, _, _) in TOKENS.items()
    }
    return {
        **environment.surroundings(folder, given),
        **environment.services(Addresses(base, folder.the_word()), given),
        **slack,
        "MMM_WORKSPACE": str(known.get("workspace", "")),
    }
