"""Who may do what in Google Cloud: exactly this, and each grant on the one resource it is for."""

import re
from collections.abc import Iterator

import pytest

from tests.object_names import every_object
from tests.terraform_files import MODULE, Resource, local_values, made, written

# What each account is granted, and on what: a grant that is not listed here fails the test, as one that is missing.
EXPECTED = {
    "bot": {
        *(("own: queue_watcher", f"queue {name}") for name in ("stage", "look", "launch", "notify")),
        ("cloudtasks.enqueuer", "queue stage"),
        ("cloudtasks.enqueuer", "queue look"),
        ("cloudtasks.enqueuer", "queue launch"),
        ("cloudtasks.enqueuer", "queue notify"),
        ("iam.serviceAccountUser", "account tasks"),
        ("secretmanager.secretAccessor", "secret slack-signing-secret"),
        ("secretmanager.secretAccessor", "secret slack-token"),
        ("storage.objectUser", "bucket, what people decide"),
        # Where several workspaces install the app.
        ("storage.objectUser", "bucket, installations"),
        ("secretmanager.secretAccessor", "secret slack-client-secret"),
        ("own: secret_maker", "project"),
        ("own: token_keeper", "project, tokens of workspaces"),
        ("storage.objectViewer", "bucket, what people choose from"),
        ("storage.objectViewer", "bucket, descriptions without rows"),
        ("storage.objectViewer", "bucket, what trainings found"),
        ("own: object_lister", "bucket"),
        ("telemetry.metricsWriter", "project"),
        ("telemetry.tracesWriter", "project"),
    },
    "worker": {
        *(("own: queue_watcher", f"queue {name}") for name in ("stage", "look", "launch", "watch", "notify")),
        ("cloudtasks.enqueuer", "queue stage"),
        ("cloudtasks.enqueuer", "queue look"),
        ("cloudtasks.enqueuer", "queue launch"),
        ("cloudtasks.enqueuer", "queue watch"),
        ("cloudtasks.enqueuer", "queue notify"),
        ("iam.serviceAccountUser", "account tasks"),
        ("run.jobsExecutorWithOverrides", "job training"),
        ("own: execution_watcher", "job training"),
        ("secretmanager.secretAccessor", "secret slack-token"),
        ("secretmanager.secretAccessor", "secret snowflake-key"),
        ("secretmanager.secretAccessor", "project, tokens of workspaces"),
        ("secretmanager.secretAccessor", "project, secrets of connections"),
        # Where connections read BigQuery without a key.
        ("bigquery.jobUser", "project"),
        ("storage.objectUser", "bucket"),
        ("own: bucket_viewer", "bucket"),
        ("telemetry.metricsWriter", "project"),
        ("telemetry.tracesWriter", "project"),
    },
    "job": {
        ("run.invoker", "service worker"),
        ("storage.objectViewer", "bucket, what a training reads"),
        ("storage.objectUser", "bucket, what a training writes"),
        ("storage.objectUser", "bucket, finished trials"),
        ("own: object_lister", "bucket"),
        ("telemetry.metricsWriter", "project"),
        ("telemetry.tracesWriter", "project"),
    },
    "tasks": {("run.invoker", "service worker")},
    "deployer": {
        ("artifactregistry.writer", "repository images"),
        ("run.developer", "service bot"),
        ("run.developer", "service worker"),
        ("run.developer", "job training"),
        ("iam.serviceAccountUser", "account bot"),
        ("iam.serviceAccountUser", "account worker"),
        ("iam.serviceAccountUser", "account job"),
        ("own: revision_viewer", "project"),
    },
    "terraform": {
        ("browser", "project"),
        ("cloudscheduler.admin", "project"),
        ("iam.roleViewer", "project"),
        ("iam.securityReviewer", "project"),
        ("iam.serviceAccountViewer", "project"),
        ("iam.workloadIdentityPoolViewer", "project"),
        ("monitoring.editor", "project"),
        ("serviceusage.serviceUsageConsumer", "project"),
        ("own: infrastructure_keeper", "project"),
        ("own: bucket_keeper", "bucket"),
        ("storage.objectUser", "bucket of the state"),
        *(("iam.serviceAccountUser", f"account {name}") for name in ("bot", "worker", "job", "tasks")),
    },
    "everybody": {("run.invoker", "service bot")},
    "GitHub": {("iam.workloadIdentityUser", "account deployer"), ("iam.workloadIdentityUser", "account terraform")},
}
# Where a type of grant names its resource.
PLACE = {
    "google_artifact_registry_repository_iam_member": ("repository", "repository"),
    "google_cloud_run_v2_job_iam_member": ("job", "name"),
    "google_cloud_run_v2_service_iam_member": ("service", "name"),
    "google_cloud_tasks_queue_iam_member": ("queue", "name"),
    "google_secret_manager_secret_iam_member": ("secret", "secret_id"),
    "google_service_account_iam_member": ("account", "service_account_id"),
}


def grants() -> Iterator[tuple[str, str, str, Resource]]:
    """Every grant: account, role, place, and the block it comes from."""
    for each in made():
        if "role" in each.body and "member" in each.body:
            yield _account(each.get("member")), _role(each.get("role")), _place(each), each


def _account(member: str) -> str:
    if member == "allUsers":
        return "everybody"
    if member.startswith("principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.github[0].name}/"):
        return "GitHub"
    [name] = re.findall(r'^\$\{local\.member\["(\w+)"\]\}$', member)
    return str(name)


def _role(role: str) -> str:
    if own := re.findall(r"^\$\{google_project_iam_custom_role\.(\w+)(?:\[0\])?\.name\}$", role):
        return f"own: {own[0]}"
    assert role.startswith("roles/"), role
    return role.removeprefix("roles/")


def _place(grant: Resource) -> str:
    if grant.type == "google_project_iam_member":
        condition = grant.body.get("condition", [])
        return ", ".join(["project", *(one["title"] for one in condition)])
    if grant.type == "google_storage_bucket_iam_member":
        title = grant.body["condition"][0]["title"] if "condition" in grant.body else ""
        title = grant.value["title"] if title == "${each.value.title}" else title
        bucket = {"${google_storage_bucket.data.name}": "bucket", "${var.state_bucket}": "bucket of the state"}
        return bucket[grant.get("bucket")] + (f", {title}" if title else "")
    kind, argument = PLACE[grant.type]
    named = re.findall(r'^\$\{google_\w+?\.\w+\["([\w-]+)"\]\.\w+\}$', grant.get(argument))
    named += re.findall(r"^\$\{google_\w+?\.(\w+)\.(?:name|secret_id)\}$", grant.get(argument))
    return f"{kind} {named[0]}"


@pytest.mark.parametrize("account", EXPECTED)
def test_an_account_may_do_exactly_what_is_listed(account: str) -> None:
    assert {(role, place) for who, role, place, _ in grants() if who == account} == EXPECTED[account]


def test_every_account_is_listed_and_is_the_only_way_to_be_granted_something() -> None:
    assert set(local_values()["accounts"]) | {"everybody", "GitHub"} == set(EXPECTED)
    assert {who for who, *_ in grants()} == set(EXPECTED)
    # A binding or a policy replaces what others have granted, and hides who has what.
    authoritative = re.compile(r"google_\w+_iam_(binding|policy)")
    assert [each.type for each in written() if authoritative.fullmatch(each.type)] == []


def test_only_the_bot_is_open_to_everybody_and_in_one_way_at_a_time() -> None:
    everywhere = [
        each for each in written() if "allUsers" in str(each.body) or "allAuthenticatedUsers" in str(each.body)
    ]
    assert [each.name for each in everywhere] == ["anyone_calls_bot"]
    assert everywhere[0].body["count"] == "${var.domain_restricted_sharing ? 0 : 1}"
    services = {each.name: each.body for each in written() if each.type == "google_cloud_run_v2_service"}
    unchecked = {name: body.get("invoker_iam_disabled", False) for name, body in services.items()}
    assert unchecked == {"bot": "${var.domain_restricted_sharing}", "worker": False}


def test_cloud_run_checks_the_workers_callers_where_the_worker_is_told_so() -> None:
    """Else anybody could write the tokens that it believes; and without it, no real task would be taken."""
    environment = (MODULE / "environment.tf").read_text()
    assert re.search(r'^\s*MMM_TOKENS_CHECKED_BY\s*=\s*"cloud_run"$', environment, re.MULTILINE)
    [callers] = [
        each.body
        for each in written()
        if each.type.endswith("service_iam_member") and "service.worker." in str(each.body.get("name"))
    ]
    assert "allUsers" not in str(callers) and "allAuthenticatedUsers" not in str(callers)
    [worker] = [each.body for each in written() if each.type.endswith("v2_service") and each.name == "worker"]
    assert not worker.get("invoker_iam_disabled", False)


def test_roles_of_our_own_hold_what_the_code_calls_and_no_more() -> None:
    roles = {each.name: set(each.body["permissions"]) for each in written() if "permissions" in each.body}
    executions = {f"run.executions.{verb}" for verb in ("get", "list", "cancel")}
    assert roles["execution_watcher"] == executions | {
        *("run.jobs.get", "run.operations.get", "run.tasks.get", "run.tasks.list")
    }
    assert roles["queue_watcher"] == {"cloudtasks.queues.get"}
    assert roles["object_lister"] == {"storage.objects.list"}
    assert roles["secret_maker"] == {"secretmanager.secrets.create"}
    # Named by their workspaces, so only below a condition.
    assert roles["token_keeper"] == {f"secretmanager.versions.{verb}" for verb in ("access", "add", "disable", "list")}
    assert roles["bucket_viewer"] == {"storage.buckets.get"}
    assert roles["bucket_keeper"] == {"storage.buckets.get", "storage.buckets.update"}
    assert roles["revision_viewer"] == {"run.operations.get", "run.revisions.get", "run.revisions.list"}


def test_tokens_of_workspaces_are_reached_by_the_name_that_the_code_gives_them() -> None:
    from bot.installations import token_secret
    from engine.settings import Settings

    settings = Settings.model_construct(project="123456789", queue_prefix="mmm")
    begins = local_values()["team_tokens"].replace("${local.project_number}", "123456789").replace("${var.name}", "mmm")
    assert token_secret(settings, "T0123456789") == f"{begins}T0123456789"
    named = [
        grant.body["condition"][0]["expression"] for _, _, place, grant in grants() if place.endswith("of workspaces")
    ]
    assert named == ["${local.team_tokens}".join(["resource.name.startsWith('", "')"])] * 2


def test_secrets_of_connections_are_reached_by_the_name_that_the_code_gives_them_and_by_the_worker_alone() -> None:
    from engine.cloud.connection import secret_prefix
    from engine.settings import Settings

    settings = Settings.model_construct(project="123456789", queue_prefix="mmm", slack_client_id="", workspace="T1")
    begins = local_values()["connection_secrets"].replace("${local.project_number}", "123456789")
    assert begins.replace("${var.name}", "mmm") == f"projects/123456789/secrets/{secret_prefix(settings)}"
    of_one_team = settings.model_copy(update={"slack_client_id": "1.2"})
    assert secret_prefix(of_one_team).startswith(secret_prefix(settings))
    [(who, expression)] = [
        (who, grant.body["condition"][0]["expression"])
        for who, _, place, grant in grants()
        if place == "project, secrets of connections"
    ]
    assert who == "worker" and expression == "${local.connection_secrets}".join(["resource.name.startsWith('", "')"])


# Objects

# What reads and writes each object, beside the worker, which may do everything. A new kind of object wants a line here.
BOT_WRITES = {
    *("installation", "oauth_state_used", "file_offered"),
    *("draft", "draft_mapping", "experiment", "experiment_request", "run_state", "run_cancel", "run_card"),
    *(
        "active",
        "draft_open",
        "draft_wish",
        "draft_intent",
        "experiment_entry",
        "deletion",
        "ask",
        "connection",
        "PATTERNS",
    ),
    *("recipes_of_title", "open_recipe", "saved_recipes", "saved_recipe", "recipe_approvals", "recipe_approved"),
}
BOT_READS = {
    *("draft_answered", "dataset_manifest", "round_begun", "mapping", "mapping_version", "slot"),
    *("known_tables", "known_columns", "connection_look"),
    *("status", "claim", "result", "results", "findings_pack"),
    # Whether something was told before.
    *("notice", "notice_sent"),
}
JOB_READS = {"job_config", "input_data", "run_cancel"}
JOB_WRITES = {
    *("trainings", "training_folder", "claim", "status", "run_trials"),
    *("result", "results", "result_pack", "findings_pack"),
}
# Beside these, what the worker alone makes lists of; their lines come with a listing.
NOT_FOR_THE_BOT = {
    *(
        "round_rows",
        "cached_rows",
        "raw_data",
        "input_data",
        "job_config",
        "history_row",
        "row",
        "HISTORY",
        "LATEST_CONFIG",
        "unreadable_row",
    ),
    *("dataset_entry", "title_entry", "closed_history", "OPEN_HISTORY", "CLOSING_HISTORY", "CHECKED"),
    *("result_pack", "notice_open", "notice_try", "notice_pictures", "answer_pack"),
}
# The training shares a prefix with these, and may read but not change them.
NOT_FOR_THE_JOB = {
    *("run_state", "active", "notice", "notice_sent", "history_row", "row", "slot", "raw_data", "deletion"),
    *("dataset_entry", "title_entry", "experiment_entry", "closed_history", "HISTORY"),
}
# What the worker alone keeps of several countries of one source; how each stands comes with a listing.
OF_ROUNDS = {"round_open", "round_card", "round_tries", "round_asked", "round_try", "round_rows"}
# What warehouses answered, and that it was of use: the bot lists their lines.
OF_CACHE = {"cached_rows", "cache_use"}
# What the worker alone keeps about messages on their way.
OF_DELIVERY = {"conversation_open", "notice_open", "notice_try", "notice_pictures", "pictures_open", "card_open"}
# Views and what they are made of.
OF_INDEXES = {
    *("row", "OLD_ROWS", "unreadable_row", "closed_history", "OPEN_HISTORY", "CLOSING_HISTORY", "CHECKED"),
    "UPGRADED",
    *("dataset_entry", "title_entries", "title_entry", "experiment_entry", "index_whole"),
    *("mapping_entries", "mapping_entry", "UNIVERSAL"),
}
# Only where several workspaces share a deployment, which is not set up here.
OF_SEVERAL = {"workspace_root", "installation", "oauth_state_used"}


def may(account: str, path: str, *, write: bool) -> bool:
    """Whether an account's grants on the bucket let it read (or write) that object."""
    name = path + "trial_1.npz" if path.endswith("/") else path
    for who, role, place, grant in grants():
        if who != account or not place.startswith("bucket") or role.startswith("own"):
            continue
        if write and role != "storage.objectUser":
            continue
        if "condition" not in grant.body or _allows(grant, name):
            return True
    return False


def _allows(grant: Resource, name: str) -> bool:
    if isinstance(grant.value, dict):
        return name.startswith(tuple(grant.value["prefixes"])) and name.endswith(grant.value["suffix"])
    condition = grant.body["condition"][0]
    if condition["title"] == "installations":
        return name.startswith(tuple(re.findall(r'"([\w-]+/)"', condition["expression"])))
    assert '? "runs" :' in condition["expression"] and "/{run}/trials/') != ''" in condition["expression"]
    return name.startswith("runs/") and "/trials/" in name


@pytest.mark.parametrize(
    ("account", "kinds", "write", "expected"),
    [
        ("bot", BOT_WRITES, True, True),
        ("bot", BOT_WRITES | BOT_READS, False, True),
        ("bot", BOT_READS, True, False),
        ("bot", NOT_FOR_THE_BOT, False, False),
        ("job", JOB_WRITES, True, True),
        ("job", JOB_READS | JOB_WRITES, False, True),
        ("job", JOB_READS | NOT_FOR_THE_JOB, True, False),
    ],
)
def test_an_account_reaches_the_objects_it_needs_and_no_others(
    account: str, kinds: set[str], write: bool, expected: bool
) -> None:
    known = every_object()
    assert {kind: may(account, known[kind], write=write) for kind in sorted(kinds)} == dict.fromkeys(
        sorted(kinds), expected
    )


def test_every_kind_of_object_has_been_thought_of() -> None:
    thought_of = (
        BOT_WRITES
        | BOT_READS
        | JOB_READS
        | JOB_WRITES
        | NOT_FOR_THE_BOT
        | NOT_FOR_THE_JOB
        | {"run_launch", "preview", "probe"}
    )
    thought_of |= OF_SEVERAL | OF_DELIVERY | OF_INDEXES | OF_ROUNDS | OF_CACHE
    assert set(every_object()) - thought_of == set()


def test_a_condition_names_at_most_as_many_prefixes_as_google_takes() -> None:
    # Twelve logical operators in one condition.
    assert all(len(grant["prefixes"]) <= 12 for grant in local_values()["object_grants"].values())


def test_apis_are_switched_on_for_everything_that_is_made() -> None:
    apis = set(local_values()["apis"])
    needed = {
        "google_artifact_registry": "artifactregistry",
        "google_billing_budget": "billingbudgets",
        "google_cloud_run_v2": "run",
        "google_cloud_scheduler": "cloudscheduler",
        "google_cloud_tasks": "cloudtasks",
        "google_iam_workload_identity": "sts",
        "google_logging": "logging",
        "google_monitoring": "monitoring",
        "google_project": "cloudresourcemanager",
        "google_secret_manager": "secretmanager",
        "google_service_account": "iam",
        "google_storage": "storage",
    }
    for each in written():
        [api] = {api for prefix, api in needed.items() if each.type.startswith(prefix)}
        assert f"{api}.googleapis.com" in apis
