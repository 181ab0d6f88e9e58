"""Cloud Run as a release sees it: services, revisions, traffic and a job; and programs that play gcloud and curl.

What it holds a release to, as the real one does (Knative's serving specification, gcloud's serverless_operations.py):

- A revision is what its name says for ever: an update that names another one so is refused.
- A service is ready when its newest revision is, and every revision that traffic or a tag names; gcloud calls an update
  failed while the service is not, although the traffic may have moved. What Terraform waits for is the same.
- Traffic moves only when all that is named by it, tags included, is ready. Until then it stays where it was.

Images say by their names what is wrong with them: `dead` does not start, `ill` answers no health, `ill-later` none once
it has the traffic, `open` takes unsigned requests, `missing` is not in the registry. A setting FATAL stops any program.
"""

import json
import os
import socketserver
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

FIRST = "google/first"
# A shell that asks the cloud below is ten times faster than a Python of its own for each call.
SHIM = """#!/usr/bin/env bash
exec 3<>/dev/tcp/127.0.0.1/{port}
printf '%s\\x1f' {program} "$PPID" "$@" >&3
printf '\\n' >&3
read -r status <&3
IFS= read -r -d '' answer <&3
printf %s "$answer"
exit "$status"
"""


def begin(services: tuple[str, ...], job: str) -> dict[str, Any]:
    """A cloud as Terraform leaves it on the first day: services with an image of Google's, and a job."""
    cloud: dict[str, Any] = {"services": {}, "job": {job: {"image": FIRST, "env": {}}}}
    for name in services:
        first = f"{name}-00001-abc"
        made = {"image": FIRST, "env": {}}
        cloud["services"][name] = {
            "next": first,
            "revisions": {first: made},
            "wants": [{"latest": True, "percent": 100}],
            "has": [{"revisionName": first, "percent": 100}],
        }
    return cloud


def starts(made: dict[str, Any]) -> bool:
    """Whether a container of that image and environment begins to listen."""
    return not any(word in made["image"] for word in ("dead", "missing")) and "FATAL" not in made["env"]


def newest(service: dict[str, Any], *, ready: bool = False) -> str:
    """The last revision made; or the last that starts."""
    names = [name for name, made in service["revisions"].items() if starts(made) or not ready]
    return str(names[-1])


def settle(name: str, service: dict[str, Any]) -> bool:
    """Move traffic to where it is wanted, if all of that is ready. Returns whether the service is ready then."""
    wanted = []
    for target in service["wants"]:
        revision = newest(service, ready=True) if target.get("latest") else target["revision"]
        if revision not in service["revisions"] or not starts(service["revisions"][revision]):
            return False
        there = {"revisionName": revision, "percent": target.get("percent")}
        if tag := target.get("tag"):
            there |= {"tag": tag, "url": f"https://{tag}---{name}"}
        wanted.append(there)
    service["has"] = wanted
    return starts(service["revisions"][newest(service)])


def serving(cloud: dict[str, Any], name: str) -> str:
    """The revision that people reach."""
    return str(max(cloud["services"][name]["has"], key=lambda target: target["percent"] or 0)["revisionName"])


def runs(cloud: dict[str, Any], name: str) -> str:
    """The image that people reach."""
    return str(cloud["services"][name]["revisions"][serving(cloud, name)]["image"])


def changed(made: dict[str, Any], options: dict[str, str]) -> dict[str, Any]:
    """What gcloud makes of an image and an environment. As in gcloud 528, an empty file of variables changes none."""
    env = {} if "clear-env-vars" in options else made["env"]
    if "env-vars-file" in options:
        env = json.loads(Path(options["env-vars-file"]).read_text()) or env
    return {"image": options.get("image", made["image"]), "env": env}


def update(cloud: dict[str, Any], name: str, options: dict[str, str]) -> bool:
    """`gcloud run services update`: another next revision. Returns whether the service is ready afterwards."""
    service = cloud["services"][name]
    before = service["revisions"][service["next"]]
    made = changed(before, options)
    number = len(service["revisions"]) + 1
    revision = f"{name}-{options.get('revision-suffix') or f'{number:05}-xyz'}"
    if revision in service["revisions"] and service["revisions"][revision] != made:
        return False
    if "no-traffic" in options:
        for target in service["wants"]:
            if target.pop("latest", False):
                target["revision"] = newest(service, ready=True)
    if tag := options.get("tag"):
        _untag(service, tag)
        service["wants"].append({"revision": revision, "tag": tag})
    service["revisions"].setdefault(revision, made)
    service["next"] = revision
    return settle(name, service)


def move(cloud: dict[str, Any], name: str, options: dict[str, str]) -> bool:
    """`gcloud run services update-traffic`."""
    service = cloud["services"][name]
    if tag := options.get("remove-tags"):
        _untag(service, tag)
    if to := options.get("to-revisions"):
        revision, percent = to.split("=")
        kept = [
            {"revision": target["revision"], "tag": target["tag"]} for target in service["wants"] if "tag" in target
        ]
        service["wants"] = [{"revision": revision, "percent": int(percent)}, *kept]
    return settle(name, service)


def _untag(service: dict[str, Any], tag: str) -> None:
    for target in service["wants"]:
        if target.get("tag") == tag:
            del target["tag"]
    service["wants"] = [target for target in service["wants"] if target.get("percent") or target.get("tag")]


def container(made: dict[str, Any]) -> dict[str, Any]:
    """A container as Google writes it down."""
    return {"image": made["image"], "env": [{"name": name, "value": value} for name, value in made["env"].items()]}


def shown(cloud: dict[str, Any], name: str) -> dict[str, Any]:
    """A service as `gcloud run services describe --format=json` shows it."""
    service = cloud["services"][name]
    wants = [
        {"latestRevision": True, "percent": 100}
        if target.get("latest")
        else {"revisionName": target["revision"], **{key: target[key] for key in ("percent", "tag") if key in target}}
        for target in service["wants"]
    ]
    made = service["revisions"][service["next"]]
    return {
        "spec": {
            "template": {"metadata": {"name": service["next"]}, "spec": {"containers": [container(made)]}},
            "traffic": wants,
        },
        "status": {
            "url": f"https://{name}",
            "latestCreatedRevisionName": newest(service),
            "latestReadyRevisionName": newest(service, ready=True),
            "traffic": service["has"],
        },
    }


def gcloud(cloud: dict[str, Any], words: list[str]) -> tuple[bool, str]:
    """One call of gcloud: whether it went well, and what it prints."""
    plain = [word for word in words if not word.startswith("--")]
    options = {key: value for key, _, value in (word[2:].partition("=") for word in words if word.startswith("--"))}
    kind, verb, name = plain[1], plain[2], plain[3] if len(plain) > 3 else options.get("service", "")
    if kind == "services" and name not in cloud["services"]:
        return False, ""
    match kind, verb:
        case "services", "describe":
            return True, json.dumps(shown(cloud, name))
        case "services", "update":
            return update(cloud, name, options), ""
        case "services", "update-traffic":
            return move(cloud, name, options), ""
        case "revisions", "describe":
            [made] = [each["revisions"][name] for each in cloud["services"].values() if name in each["revisions"]]
            return True, json.dumps({"spec": {"containers": [container(made)]}})
        case "revisions", "list":
            return True, "\n".join(cloud["services"][name]["revisions"])
        case "jobs", "describe":
            inner = {"spec": {"containers": [container(cloud["job"][name])]}}
            return True, json.dumps({"spec": {"template": {"spec": {"template": inner}}}})
        case "jobs", "update":
            cloud["job"][name] = changed(cloud["job"][name], options)
            return "missing" not in cloud["job"][name]["image"], ""
    raise LookupError(f"This gcloud does not know {words}.")


def curl(cloud: dict[str, Any], words: list[str]) -> tuple[int, str]:
    """One call of curl, as the script makes them: is it well, or what is a stranger told?"""
    host, _, path = words[-1].removeprefix("https://").partition("/")
    tag, _, name = host.rpartition("---")
    image = runs(cloud, name)
    if tag:
        [revision] = [place["revisionName"] for place in cloud["services"][name]["has"] if place.get("tag") == tag]
        image = cloud["services"][name]["revisions"][revision]["image"]
    kind = image.partition("@")[0]
    if "--fail" in words:
        return (22 if kind.endswith("-ill") or (kind.endswith("-ill-later") and not tag) else 0), ""
    closed = "403" if name.endswith("-worker") else "401" if path == "slack/events" else "404"
    return 0, "200" if "open" in kind else closed


class Programs:
    """gcloud and curl, as programs in a folder, that change a cloud held here."""

    def __init__(self, cloud: dict[str, Any], folder: Path) -> None:
        self.cloud = cloud
        self.calls: list[str] = []
        self.changes = 0
        self.kill_at, self.kill_with = 0, 0
        programs = self

        class Call(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                program, caller, *words = self.rfile.readline().decode().rstrip("\n").split("\x1f")[:-1]
                status, answer = programs.play(program, words, int(caller))
                self.wfile.write(f"{status}\n{answer}".encode())

        self.server = socketserver.TCPServer(("127.0.0.1", 0), Call)
        for program in ("gcloud", "curl"):
            (folder / program).write_text(SHIM.format(port=self.server.server_address[1], program=program))
            (folder / program).chmod(0o755)

    def __enter__(self) -> "Programs":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, what: BaseException | None, where: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def begin(self, kill_at: int = 0, kill_with: int = 0) -> None:
        """Before a script. After change number `kill_at` it gets a signal: as from a runner that goes away."""
        self.calls, self.changes = [], 0
        self.kill_at, self.kill_with = kill_at, kill_with

    def play(self, program: str, words: list[str], caller: int) -> tuple[int, str]:
        """One call of one program: how it ends, and what it prints."""
        self.calls.append(" ".join([program, *words]))
        if program == "curl":
            return curl(self.cloud, words)
        well, answer = gcloud(self.cloud, words)
        if words[2] in ("update", "update-traffic"):
            self.changes += 1
            if self.changes == self.kill_at:
                os.kill(caller, self.kill_with)
        return (0 if well else 1), answer
