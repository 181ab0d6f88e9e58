"""What the pages tell people to type is there: verbs, options, files, settings, targets, Terraform's names."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from bot.cli import parser
from bot.service import registry
from engine.job.settings import JobSettings
from engine.settings import Settings
from local.embedded.tokens import TOKENS
from tests.pages import DEPLOY, IMAGES, OPERATE, PAGES, README, ROOT, Page
from tests.terraform_files import ENVIRONMENTS, MODULE, blocks, local_values, named, one, written

TYPED = (README, DEPLOY, OPERATE, IMAGES)
ENV = ENVIRONMENTS[0]
# Where a page may name a file of the repository.
ROOMS = r"bot|engine|local|docs|docker|infra|tests|r|bench|requirements|\.github|\.ci"
# Made by whoever follows the page.
MADE = {"build/deployment.json"}


def title(page: Page) -> str:
    return page.path.name


def verbs(page: Page) -> list[str]:
    """Every `mmm …` that somebody would type on a machine, up to a pipe, a redirection or the next command."""
    found = []
    for line in page.commands:
        match = re.match(r"(?:\S+/)?mmm (?=[a-z])(.*)", line)
        if match:
            found.append(re.split(r"\s(?:\||>|&&|;)\s", match[1])[0])
    return found


def options() -> dict[str, set[str]]:
    """The options of every verb."""
    [verbs] = [action for action in parser()._actions if action.dest == "verb"]
    assert verbs.choices is not None
    choices: dict[str, object] = dict(verbs.choices)  # type: ignore[call-overload]
    return {verb: set(one._option_string_actions) for verb, one in choices.items()}  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", TYPED, ids=title)
def test_verbs_and_their_options_are_there(page: Page) -> None:
    known = options()
    for given in verbs(page):
        verb, *rest = shlex.split(given.replace("…", "x"))
        assert verb in known, f"mmm {given}"
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known[verb], f"mmm {given}"


@pytest.mark.parametrize("page", [README, DEPLOY, OPERATE], ids=title)
def test_whole_commands_are_understood(page: Page, capsys: pytest.CaptureFixture[str]) -> None:
    for line in page.commands:
        if line.startswith(".venv/bin/mmm ") and "RUN" not in line:
            plain = re.sub(r"\$\([^)]*\)", "x", re.split(r"\s(?:\||>)\s", line)[0])
            words = shlex.split(plain)[1:]
            try:
                parser().parse_args(words)
            except SystemExit:
                pytest.fail(f"{line}: {capsys.readouterr().err}")


def test_a_verb_that_is_not_there_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("```sh\n.venv/bin/mmm launder --state x | cat\n```\nor `mmm backup --soap`\n")
    assert verbs(Page(tmp_path / "page.md")) == ["launder --state x", "backup --soap"]
    assert "launder" not in options() and "--soap" not in options()["backup"]


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_what_is_typed_in_slack_is_there(page: Page) -> None:
    known = {" ".join(words) for words in registry().commands}
    nouns = {words.split()[0] for words in known}
    for code in page.code:
        for typed in re.findall(r"(?<![\w/])/mmm ([a-z ]+)", code):
            words = typed.split()
            assert words[0] in nouns, f"/mmm {typed}"
            if len(words) > 1 and any(one.startswith(f"{words[0]} ") for one in known):
                assert " ".join(words[:2]) in known, f"/mmm {typed}"


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_targets_of_make_are_there(page: Page) -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in page.commands:
        for target in re.findall(r"(?:^|&& )make ([a-z][\w-]*)", command):
            if not re.match(r"\w+ (git|python)", command):
                assert target in targets, command


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_links_lead_somewhere(page: Page) -> None:
    for file, anchor in page.links:
        there = page.path.parent / file if file else page.path
        assert there.exists(), f"{title(page)}: {file}"
        if anchor:
            assert anchor in Page(there).anchors, f"{title(page)}: {file}#{anchor}"


@pytest.mark.parametrize("page", TYPED, ids=title)
def test_files_are_there(page: Page) -> None:
    for code in page.code:
        for path in re.findall(rf"(?<![\w/.:$-])((?:{ROOMS})/[\w./$*-]*)", code):
            spelled = path.rstrip("./").replace("$ENV", "dev")
            assert path in MADE or list(ROOT.glob(spelled)), f"{title(page)}: {path}"


@pytest.mark.parametrize("page", PAGES, ids=title)
def test_settings_are_there(page: Page) -> None:
    known = {f"MMM_{name.upper()}" for name in {**Settings.model_fields, **JobSettings.model_fields}} | set(TOKENS)
    programs = "".join(
        path.read_text()
        for path in [*ROOT.glob("r/R/*.R"), *ROOT.glob("docker/*"), ROOT / "tests/r_sources.py"]
        if path.is_file()
    )
    for block in page.code:
        for name in re.findall(r"(?:^|[\s\"'{])(MMM_[A-Z_]+)(?==| =|$)", block, re.MULTILINE):
            assert name in known or name in programs, f"{title(page)}: {name}"


@pytest.mark.parametrize("page", [DEPLOY, OPERATE], ids=title)
def test_shell_is_shell(page: Page) -> None:
    for block in page.blocks("sh"):
        told = subprocess.run(["bash", "-n"], input=block, text=True, capture_output=True)
        assert told.returncode == 0, f"{block}\n{told.stderr}"


@pytest.mark.parametrize("page", [DEPLOY, OPERATE], ids=title)
def test_names_that_commands_use_were_given_before(page: Page) -> None:
    given = {"HOME", "EDITOR"}
    for block in page.blocks("sh"):
        given |= set(re.findall(r"(?:^|\s|;)([A-Z_]+)=", block)) | set(re.findall(r"read -rs ([A-Z]+)", block))
        given |= set(re.findall(r"for (\w+) in", block))
        if ". docker/bases.env" in block:
            given |= set(re.findall(r"^([A-Z_]+)=", (ROOT / "docker/bases.env").read_text(), re.MULTILINE))
        used = set(re.findall(r"\$\{?([A-Za-z_]\w*)", re.sub(r"'[^']*'", "", block)))
        assert used <= given, block


def test_variables_of_terraform_are_there() -> None:
    module, environment = set(named(MODULE, "variable")), set(named(ENV, "variable"))
    for page in (DEPLOY, OPERATE):
        for block in page.blocks("hcl"):
            assert set(re.findall(r"^(\w+)\s+?= ", block, re.MULTILINE)) <= environment, block
    answers = {name for row in DEPLOY.table("3. Terraform's state, and your answers") for name in _names(row[0])}
    differ = {name for row in DEPLOY.table("Then prod") for name in _names(row[0])}
    assert answers | differ <= environment
    # Every answer that has no default is asked for.
    assert {name for name, body in named(ENV, "variable").items() if "default" not in body} <= answers
    for name in re.findall(r"`(training_\w+)`|variable `(\w+)`", DEPLOY.prose + OPERATE.prose):
        assert "".join(name) in module | environment


def _names(cell: str) -> list[str]:
    return [name for name in re.findall(r"`([a-z_]+)`", cell) if name not in ("github",) or cell.startswith("`github")]


def test_what_differs_between_the_environments_differs_so_in_their_examples() -> None:
    def example(environment: str) -> str:
        return (ROOT / f"infra/terraform/envs/{environment}/terraform.tfvars.example").read_text()

    def value(text: str, name: str) -> str:
        found = re.search(rf"^{name}\s*= (\S+)", text, re.MULTILINE)
        return found[1] if found else str(named(ENV, "variable")[name]["default"]).lower()

    for cell, dev, prod in DEPLOY.table("Then prod"):
        [name] = _names(cell)
        if name != "github":
            assert dev.startswith(value(example("dev"), name)), cell
            assert prod.startswith(value(example("prod"), name)), cell


def test_outputs_and_resources_of_terraform_are_there() -> None:
    outputs = set(named(MODULE, "output"))
    text = DEPLOY.text
    asked = set(re.findall(r"jq -r \.(\w+)", text)) | set(re.findall(r"output `(\w+)`", text))
    for several in re.findall(r"jq '\{([\w, ]+)\}'", text):
        asked |= set(several.split(", "))
    assert {"bot_url", "bucket", "registry"} <= asked <= outputs
    assert set(named(ENV, "output")) == {"deployment"}
    there = {f"{each.type}.{each.name}" for each in written()}
    addresses = re.findall(r"module\.deployment\.([\w.]+)", text)
    assert len(addresses) == 3 and set(addresses) <= there


def test_names_in_google_cloud_are_those_that_terraform_gives() -> None:
    text = DEPLOY.text + OPERATE.text
    [variable] = [body["default"] for name, body in named(MODULE, "variable").items() if name == "name"]
    assert variable == "mmm"
    secrets = set(re.findall(r'"((?:slack|snowflake)-[\w-]+)"', local_values()["secrets"]))
    used = set(re.findall(r"\bmmm-((?:slack|snowflake)-[a-z-]+)", text))
    assert used == secrets
    queues = set(local_values()["queues"])
    assert set(re.findall(r"queues \w+ mmm-(\w+)", text)) <= queues
    for several in re.findall(r"for queue in ([\w ]+); do", text):
        assert set(several.split()) == queues
    assert set(re.findall(r"scheduler jobs \w+ mmm-(\w+)", text)) <= set(local_values()["ticks"])
    assert local_values()["bucket"] == "${var.project}-${var.name}" and '"$PROJECT-mmm"' in text
    assert local_values()["bot_url"] == "https://${var.name}-bot-${local.project_number}.${var.region}.run.app"
    assert one("google_artifact_registry_repository", "images")["repository_id"] == "${var.name}"


def test_state_stands_where_the_pages_say() -> None:
    [backend] = [block["gcs"] for block in blocks(ENV)["terraform"][0].get("backend", [])]
    assert "bucket" not in str(backend) and "-backend-config=" in DEPLOY.text


def test_a_release_by_hand_is_told_all_that_the_script_asks_for() -> None:
    script = (ROOT / ".github/scripts/release.sh").read_text()
    asked = set(re.findall(r'"\$\{(\w+):\?\}"', script))
    before = {name for block in DEPLOY.blocks("sh") for name in re.findall(r"export ([A-Z]+)=", block)}
    [first, again, settings, back] = [block for block in DEPLOY.blocks("sh") if "release.sh" in block]
    for block in (first, again):
        exported = set(re.findall(r"(?:export |\s)([A-Z_]+)=", f" {block}"))
        assert asked | {"BOT_IMAGE", "WORKER_IMAGE", "TRAINING_IMAGE", "DEPLOYMENT"} <= exported | before
    assert "unset BOT_IMAGE WORKER_IMAGE TRAINING_IMAGE" in settings
    orders = set(re.findall(r"^  ([a-z |]+)\)$", script, re.MULTILINE))
    assert "release.sh back REVISION" in back and orders == {"release", "mend | back"}


def test_images_are_built_from_stages_and_arguments_that_there_are() -> None:
    built = set()
    for line in DEPLOY.commands:
        match = re.match(r"(?:TAG=\w+ )?build ([\w-]+) --file (\S+)(.*)", line)
        if match:
            built.add(match[1])
            dockerfile = (ROOT / match[2]).read_text()
            for stage in re.findall(r"--target (\w+)", match[3]):
                assert re.search(rf"AS {stage}$", dockerfile, re.MULTILINE)
            wanted = {name for name in re.findall(r"^ARG (\w+)$", dockerfile, re.MULTILINE) if "PIP" not in name}
            # Empty is what these mean when they are left out.
            free = {"DEBIAN_SNAPSHOT", "CRAN_MIRROR"}
            assert wanted - free <= set(re.findall(r"--build-arg (\w+)=", match[3])) <= wanted
    assert built == {"bot", "worker", "training-base", "training"}


def test_costs_are_computed_from_the_rates_that_are_named() -> None:
    section = DEPLOY.section("What it costs")
    processor, memory = (float(rate) for rate in re.findall(r"\$(0\.0\d+) for a second", section))
    for what, seconds, processors, gib, dollars in DEPLOY.table("What it costs"):
        cost = float(seconds) * (float(processors) * processor + float(gib) * memory)
        digits = len(dollars.partition(".")[2])
        assert round(cost, digits) == float(dollars), what
    hour = 3600 * (8 * processor + 32 * memory)
    assert f"${hour:.2f} an hour" in section
    job = named(MODULE, "variable")
    assert (job["training_cpu"]["default"], job["training_memory"]["default"]) == (8, "32Gi")
    assert str(job["training_timeout"]["default"]) == DEPLOY.table("What it costs")[3][1]
    assert f"`MMM_MAX_ATTEMPTS` ({Settings.model_fields['max_attempts'].default})" in section


def test_what_is_called_measured_was_measured() -> None:
    section, measured = DEPLOY.section("What it costs"), Page(ROOT / "docs" / "model.md").section("Speed")
    native, robyn = re.findall(r"\*\*(?:Native|Robyn)\*\*: ([^;]*?) were\s+measured", section)
    assert native == "12.6 s for the whole process" and "| 13.7, 12.6 | whole process" in measured
    assert (
        robyn == "1,583 s of search and 131 s of outputs"
        and "1,583 s for the search, 64 to 131 s for outputs" in measured
    )
    seconds = {row[0]: float(row[1]) for row in DEPLOY.table("What it costs")}
    assert (
        seconds["a native training, 2000 × 5"] == 12.6 + 30 and seconds["a training by Robyn, 2000 × 5"] == 1583 + 131
    )
    assert "30 s for starting" in section and "144 a day for 30 days, with 10 s each" in section
    assert seconds["a month of sweeps"] == 144 * 30 * 10
    assert named(MODULE, "variable")["sweep_schedule"]["default"] == "*/10 * * * *"
