"""What `mmm doctor` must know to look at a stack on this machine: the settings that its services were given."""

from collections.abc import Mapping
from pathlib import Path

from engine.errors import BadSettings
from engine.robyn.installed import missing
from local.addresses import Addresses
from local.embedded import environment
from local.embedded.folder import Folder
from local.embedded.server import PORT
from local.embedded.tokens import TOKENS
from local.environment import service_environment
from local.guard import read_word
from local.main import ADMINS, DEMO_PORT


def demo(state: Path, base: int | None) -> dict[str, str]:
    """Of `mmm local` and `make demo`. Raises BadSettings where it never ran."""
    word = state.resolve() / "keys" / "word"
    if not word.exists():
        raise BadSettings(f"{state} is no demo's folder.", "Name it with --state; make demo makes it.")
    trainers = ("native",) if missing() else ("native", "robyn")
    return service_environment(Addresses(base or DEMO_PORT, read_word(word)), trainers, ADMINS)


def embedded(state: Path, base: int | None, given: Mapping[str, str]) -> dict[str, str]:
    """Of a team's server on this machine. Raises BadSettings where there is none."""
    folder = Folder(state.resolve())
    if not folder.word.exists():
        todo = "Name it with --state; mmm serve all --embedded makes it."
        raise BadSettings(f"{folder.path} is no server's folder.", todo)
    # The tokens that the server keeps count, not those that are exported here.
    slack = {setting: given.get(setting, f"file:{folder.secrets / file}") for setting, file, _, _ in TOKENS.values()}
    return {
        **environment.surroundings(folder, given),
        **environment.services(Addresses(base or PORT, folder.the_word()), given),
        **slack,
        "MMM_WORKSPACE": str(folder.read().get("workspace", "")),
    }
