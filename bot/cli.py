"""`mmm`: the one command of the project. Each verb imports what it needs only when it is called."""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.errors import BadInput, BadSettings, MmmError
from engine.full_disk import is_disk_full

if TYPE_CHECKING:
    from starlette.types import ASGIApp


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; returns the exit status. Errors we expect are told in words, without a traceback."""
    given = parser().parse_args(arguments)
    try:
        return int(given.run(given) or 0)
    except MmmError as error:
        print(f"mmm: {_told(error)}", file=sys.stderr)
        return 1
    except Exception as error:
        if not is_disk_full(error):
            raise
        print(f"mmm: The disk is full: {error}. Make room, then try again.", file=sys.stderr)
        return 1


def _told(error: MmmError) -> str:
    """An error in words; several problems as a list, since a terminal has lines."""
    if isinstance(error, BadInput) and len(error.problems) > 1:
        return "\n".join([f"{error.what} Correct these:", *(f"- {problem}" for problem in error.problems)])
    return f"{error.what} {error.todo}".rstrip()


def parser() -> argparse.ArgumentParser:
    """The verbs and their options."""
    root = argparse.ArgumentParser(prog="mmm", description="Marketing Mix Models from Slack.")
    verbs = root.add_subparsers(dest="verb", required=True, metavar="VERB")

    serve = verbs.add_parser("serve", help="run a service")
    serve.add_argument("role", choices=("bot", "worker", "all"))
    serve.add_argument("--host", default="127.0.0.1", help="address to listen on (0.0.0.0 in a container)")
    serve.add_argument(
        "--port", type=int, help="default: PORT, as Cloud Run sets it, or 8080; with --embedded the first of five, 8430"
    )
    serve.add_argument("--embedded", action="store_true", help="a team's whole service on this machine; with `all`")
    serve.add_argument("--state", type=Path, default=Path("state"), help="with --embedded: folder that keeps the state")
    serve.add_argument(
        "--env-file", type=Path, metavar="FILE", help="with --embedded: NAME=VALUE lines instead of exports; mode 600"
    )
    serve.add_argument(
        "--loopback", action="store_true", help="answer programs of this machine only, and no page's request"
    )
    serve.set_defaults(run=_serve)

    backup = verbs.add_parser("backup", help="write an embedded server's state into one file, also while it runs")
    backup.add_argument("--state", type=Path, required=True, help="folder of `mmm serve all --embedded`")
    backup.add_argument("file", type=Path, metavar="FILE")
    backup.set_defaults(run=_backup)

    restore = verbs.add_parser("restore", help="make an embedded server's state from a backup")
    restore.add_argument("file", type=Path, metavar="FILE")
    restore.add_argument("--state", type=Path, required=True, help="a folder that is new or empty")
    restore.set_defaults(run=_restore)

    migrate = verbs.add_parser("migrate", help="copy an embedded server's state to a bucket in Google Cloud")
    migrate.add_argument("--state", type=Path, required=True, help="folder of `mmm serve all --embedded`")
    migrate.add_argument("--bucket", required=True, help="the bucket of the service in Google Cloud")
    migrate.add_argument("--project", required=True, help="its project")
    migrate.add_argument("--root", default="", help="prefix in the bucket; empty for its root")
    migrate.add_argument("--storage-url", default="", help=argparse.SUPPRESS)
    migrate.set_defaults(run=_migrate)

    local = verbs.add_parser("local", help="run everything on this machine, with a page that looks like Slack")
    local.add_argument("--state", type=Path, default=Path(".local"), help="folder that keeps the state")
    local.add_argument("--port", type=int, default=8420, help="first of five ports")
    local.set_defaults(run=_local)

    demo = verbs.add_parser("demo", help="drive the main job once, without a person")
    demo.add_argument("--once", action="store_true", required=True)
    demo.add_argument("--out", type=Path, required=True, help="folder for transcript, charts and summary")
    demo.add_argument("--trainer", choices=("native", "robyn"), default="native", help="robyn: in R, takes minutes")
    demo.set_defaults(run=_demo)

    train = verbs.add_parser("train", help="train on a folder that holds job_config.json and input_data")
    train.add_argument("folder_in", type=Path, metavar="IN")
    train.add_argument("folder_out", type=Path, metavar="OUT")
    train.add_argument("--trainer", choices=("native", "robyn"), default="native", help="robyn: Robyn itself, in R")
    train.add_argument("--seed", type=int, help="overrides the seed of the configuration (native)")
    train.add_argument("--workers", type=int, default=1, help="processes; the answer does not depend on it")
    train.set_defaults(run=_train)

    looked = verbs.add_parser("inspect", help="say what an upload would make of a file, a table or a SELECT")
    looked.add_argument("file", type=Path, nargs="?", metavar="FILE", help="any file that can be dropped into Slack")
    looked.add_argument("--table", default="", metavar="NAME", help="of the warehouse")
    looked.add_argument("--select", default="", metavar="SQL", help="one SELECT, for that warehouse")
    looked.add_argument("--connection", default="", metavar="NAME", help="of /mmm connect; else: that of the settings")
    looked.add_argument("--country", default="", metavar="CODE", help="whose data it is, such as DE")
    looked.add_argument("--json", action="store_true", help="for programs; exits with 1 where it would be refused")
    looked.set_defaults(run=_inspect)

    warm = verbs.add_parser("warm-up", help="compile the trainer once, so that no first run waits for it")
    warm.set_defaults(run=_warm_up)

    evaluate = verbs.add_parser("evaluate", help="fit given hyperparameters and print what the models say")
    evaluate.add_argument(
        "folder_in", type=Path, metavar="IN", help="as for train; a dt_mod.csv in it replaces the time decomposition"
    )
    evaluate.add_argument(
        "--models", type=Path, required=True, metavar="FILE", help="JSON lines with hyperparameters and lambda_hp"
    )
    evaluate.set_defaults(run=_evaluate)

    verify = verbs.add_parser("verify", help="fit a native model again in Robyn and print the differences as JSON")
    verify.add_argument("folder_in", type=Path, metavar="IN", help="as for train")
    verify.add_argument("results", type=Path, metavar="RESULTS", help="OUT folder of a native training of it")
    verify.add_argument(
        "--model", default="", metavar="SOLID", help="default: the chosen model, else the search's best"
    )
    verify.set_defaults(run=_verify)

    manifest = verbs.add_parser("manifest", help="print the Slack app's manifest")
    reached = manifest.add_mutually_exclusive_group(required=True)
    reached.add_argument("--url", help="address of the bot service, such as https://mmm.example.com")
    reached.add_argument("--socket", action="store_true", help="for Socket Mode: the bot dials Slack, no address")
    manifest.add_argument("--oauth", action="store_true", help="workspaces install the app themselves (with --url)")
    manifest.add_argument("--format", choices=("yaml", "json"), default="yaml")
    manifest.set_defaults(run=_manifest)

    doctor = verbs.add_parser("doctor", help="check every setting, secret, permission and connection, and say the fix")
    _where(doctor)
    doctor.add_argument("--part", choices=("bot", "worker", "all"), help="whose rights count; default: by K_SERVICE")
    doctor.add_argument(
        "--repair",
        action="store_true",
        help="first have all lists and look-ups say what is stored; tells what differed",
    )
    doctor.add_argument("--json", action="store_true", help="for programs; exits with 1 where something failed")
    doctor.set_defaults(run=_doctor)

    delete = verbs.add_parser("delete", help="delete a run or a dataset with all that belongs to it")
    delete.add_argument("kind", choices=("run", "dataset"))
    delete.add_argument("name", metavar="ID", help="of a run, such as r3f9a2c1; of a dataset, country/ts")
    delete.add_argument("--with-runs", action="store_true", help="of a dataset: the runs on it, too")
    delete.add_argument("--workspace", default="", metavar="TEAM", help="whose it is, where several are served")
    delete.add_argument("--yes", action="store_true", help="do not ask")
    _where(delete)
    delete.set_defaults(run=_delete)

    secret = verbs.add_parser("secret", help="store the key of a warehouse connection, where gcloud does not reach")
    secret.add_argument("name", metavar="NAME", help="of the secret, as /mmm connect shows it")
    secret.add_argument("file", metavar="FILE", help="that holds the private key; - for what is piped in")
    _where(secret)
    secret.set_defaults(run=_secret)

    check = verbs.add_parser("check-results", help="check a trainer's results against their contract")
    check.add_argument("folder", type=Path, metavar="OUT")
    check.set_defaults(run=_check_results)
    return root


def _where(verb: argparse.ArgumentParser) -> None:
    """The options that say which deployment is meant."""
    which = verb.add_mutually_exclusive_group()
    which.add_argument("--demo", action="store_true", help="of the stack that make demo runs; else: of the environment")
    which.add_argument("--embedded", action="store_true", help="of mmm serve all --embedded on this machine")
    verb.add_argument("--state", type=Path, help="the folder that --demo (.local) or --embedded (state) keeps")
    verb.add_argument("--port", type=int, help="first of the five ports; with --embedded, default: where it runs")
    verb.add_argument(
        "--env-file", type=Path, metavar="FILE", help="as for mmm serve; with --embedded, default: the one it runs with"
    )


def _serve(given: argparse.Namespace) -> int:
    if given.embedded:
        from local.embedded.server import PORT, serve

        if given.role != "all":
            raise BadSettings("An embedded server runs all parts.", "Type `mmm serve all --embedded`.")
        serve(given.state, given.port or PORT, given.env_file)
        return 0
    from bot import serving
    from bot.service import create_app
    from bot.slack.addresses import INSTALL, REDIRECT
    from engine.observe.logs import set_up_logs
    from engine.observe.telemetry import set_up_telemetry
    from engine.settings import read_settings

    settings = read_settings()
    set_up_logs(settings.log_style, project=settings.project)
    at = {"project": settings.project, "region": settings.region}
    telemetry = set_up_telemetry(settings.otel_url, f"mmm-{given.role}", **at)
    app: ASGIApp = create_app(settings, given.role)
    if given.loopback:
        from local.guard import SameOrigin

        app = SameOrigin(app, landing=(INSTALL, REDIRECT))
    serving.serve(app, given.host, given.port or int(os.environ.get("PORT", "8080")))
    if telemetry:
        telemetry.close()
    return 0


def _backup(given: argparse.Namespace) -> int:
    from local.embedded.backup import backup

    done = backup(given.state, given.file)
    print(f"{given.file}: {done.files} files, {done.size / 1e6:.1f} MB. It holds your data, but no tokens.")
    return 0


def _restore(given: argparse.Namespace) -> int:
    from local.embedded.restore import restore

    done = restore(given.file, given.state)
    print(f"{given.state}: {done.files} files, verified. Start it with the two tokens, as on the first day.")
    return 0


def _migrate(given: argparse.Namespace) -> int:
    from engine.cloud.storage import Storage
    from local.embedded.migrate import left_to_do, migrate

    bucket = Storage(given.bucket, project=given.project, root=given.root, url=given.storage_url)
    try:
        done = migrate(given.state, bucket, f"gs://{given.bucket}/{given.root}", print)
    finally:
        bucket.close()
    print(
        f"{done.objects} objects, {done.size / 1e6:.1f} MB, are in the bucket and verified; {done.copied} copied now."
    )
    print("What is left:", *left_to_do(given.project, given.bucket), sep="\n- ")
    return 0


def _local(given: argparse.Namespace) -> int:
    from local.main import run

    run(given.state, given.port)
    return 0


def _demo(given: argparse.Namespace) -> int:
    from local.demo import demo

    return demo(given.out, trainer=given.trainer)


def _train(given: argparse.Namespace) -> int:
    if given.trainer == "robyn":
        from engine.robyn.train import train_with_robyn

        if given.seed is not None:
            raise BadInput("--seed is for the native trainer.", "Set seed in job_config.json.")
        train_with_robyn(given.folder_in, given.folder_out, workers=given.workers)
    else:
        from engine.model.train import train
        from engine.told_to_end import heeding_the_end

        with heeding_the_end(given.folder_out):
            train(given.folder_in, given.folder_out, seed=given.seed, workers=given.workers, tell=_caution)
    print(f"Results are in {given.folder_out / 'results'}.")
    return 0


def _inspect(given: argparse.Namespace) -> int:
    from engine.data.outlook import as_text, file_outlook

    if sum(map(bool, (given.file, given.table, given.select))) != 1:
        raise BadInput("Name one source.", "Give a FILE, or --table NAME, or --select SQL.")
    if given.file:
        from engine.data.intake.file import Asked

        if not given.file.is_file():
            raise BadInput(f"There is no file {given.file}.", "Check its name.")
        seen = file_outlook(given.file, Asked(given.country.lower()))
    else:
        from engine.cloud.cloud import Cloud
        from engine.data.dataset import Source
        from engine.pipeline.sources import warehouse_outlook
        from engine.settings import read_settings

        kind: Literal["table", "select"] = "table" if given.table else "select"
        source = Source(kind=kind, table=given.table, sql=given.select, connection=given.connection)
        seen = warehouse_outlook(Cloud(read_settings()), source, given.country.lower())
    print(json.dumps(seen.as_json(), indent=1, ensure_ascii=False) if given.json else as_text(seen))
    return 1 if seen.refused else 0


def _caution(said: str) -> None:
    print(f"Note: {said}", flush=True)


def _warm_up(given: argparse.Namespace) -> int:
    from engine.model.warm_up import warm_up

    warm_up()
    return 0


def _evaluate(given: argparse.Namespace) -> int:
    from engine.model.evaluate import evaluate_file

    for one in evaluate_file(given.folder_in, given.models):
        print(json.dumps(one))
    return 0


def _verify(given: argparse.Namespace) -> int:
    from tempfile import TemporaryDirectory

    from engine.results.read import load_results
    from engine.robyn.installed import require_robyn
    from engine.robyn.verify import verify

    results = load_results(given.results)
    require_robyn()
    with TemporaryDirectory(prefix="mmm-verify-") as work:
        found = verify(given.folder_in, results, Path(work), model=given.model)
    print(json.dumps(found.as_json(), indent=1))
    return 0


def _manifest(given: argparse.Namespace) -> int:
    from bot.slack.manifest import SOCKET_NOTE, for_http, for_socket, written

    if given.socket and given.oauth:
        raise BadInput("--oauth needs an address that browsers come back to.", "Use it with --url.")
    print(written(for_socket() if given.socket else for_http(given.url, oauth=given.oauth), given.format), end="")
    if given.socket:
        print(SOCKET_NOTE, file=sys.stderr)
    return 0


def _take_environment(given: argparse.Namespace) -> None:
    """Make the environment that of the deployment which is meant."""
    if given.demo or given.embedded or given.env_file:
        from local.doctor import demo, embedded, of_file

        # Google's library looks for its metadata server when it is imported, and that is later.
        if given.demo:
            found = {**os.environ, **demo(given.state or Path(".local"), given.port)}
        elif given.embedded:
            found = embedded(given.state or Path("state"), given.port, given.env_file, os.environ)
        else:
            found = of_file(given.env_file, os.environ)
        os.environ.clear()
        os.environ.update(found)


def _doctor(given: argparse.Namespace) -> int:
    _take_environment(given)
    from bot.admin.doctor import look_from_here, repair_from_here
    from engine.doctor.report import as_text

    report = repair_from_here(given.part) if given.repair else look_from_here(given.part)
    print(json.dumps(report.as_json(), indent=1) if given.json else as_text(report))
    return 0 if report.healthy else 1


def _delete(given: argparse.Namespace) -> int:
    _take_environment(given)
    from bot.admin.delete import as_text, delete_from_here

    if given.with_runs and given.kind == "run":
        raise BadInput("--with-runs is for a dataset.", "Leave it away.")
    done = delete_from_here(
        given.kind,
        given.name,
        lambda asked: given.yes or _wanted(asked),
        with_runs=given.with_runs,
        team=given.workspace,
    )
    print(as_text(done) if done else "Nothing was deleted.")
    return 0 if done else 1


def _secret(given: argparse.Namespace) -> int:
    _take_environment(given)
    from bot.admin.secret import keep_from_here

    print(keep_from_here(given.name, given.file))
    return 0


def _wanted(asked: str) -> bool:
    """Whether whoever sits at the terminal types yes."""
    if not sys.stdin.isatty():
        raise BadInput("Nobody can be asked here.", "Add --yes where it is really wanted.")
    return input(f"{asked} Type yes: ").strip().lower() == "yes"


def _check_results(given: argparse.Namespace) -> int:
    from engine.results.check import check_results

    problems = check_results(given.folder)
    for problem in problems:
        print(problem)
    print(f"{given.folder}: {len(problems)} problem(s)." if problems else f"{given.folder}: the contract holds.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
