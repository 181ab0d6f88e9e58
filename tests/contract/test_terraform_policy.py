"""What must hold for everything in Google Cloud, read from Terraform's files."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from engine import paths
from engine.settings import Settings
from tests.object_names import FOLDER, every_object
from tests.terraform_files import ENVIRONMENTS, MODULE, TERRAFORM, blocks, local_values, named, one, written

FILES = sorted(TERRAFORM.rglob("*.tf"))


def test_files_are_small_and_formatted() -> None:
    assert [path.name for path in FILES if len(path.read_text().splitlines()) > 150] == []
    if shutil.which("terraform") is None:
        pytest.skip("there is no terraform here to look at the format")
    done = subprocess.run(
        ["terraform", "fmt", "-check", "-recursive", str(TERRAFORM)],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TF_CLI_CONFIG_FILE": "/dev/null"},
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("folder", [MODULE, *ENVIRONMENTS], ids=lambda folder: folder.name)
def test_versions_are_pinned(folder: Path) -> None:
    [terraform] = [block for block in blocks(folder)["terraform"] if "required_providers" in block]
    assert terraform["required_version"] == ">= 1.11"
    assert terraform["required_providers"] == [{"google": {"source": "hashicorp/google", "version": "~> 8.0"}}]


def test_the_two_environments_are_one_description_with_a_state_each() -> None:
    dev, prod = ENVIRONMENTS
    for name in ("main.tf", "variables.tf", "versions.tf", "outputs.tf", "backend.tf"):
        assert (dev / name).read_text().replace("dev", "prod") == (prod / name).read_text(), name
    prefixes = {
        json.dumps(block["backend"])
        for folder in ENVIRONMENTS
        for block in blocks(folder)["terraform"]
        if "backend" in block
    }
    assert len(prefixes) == 2 and all('"gcs"' in one for one in prefixes)


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_an_environment_hands_each_of_its_variables_over_and_knows_every_one_that_it_must(folder: Path) -> None:
    [call] = [block["deployment"] for block in blocks(folder)["module"]]
    known, wanted = named(folder, "variable"), named(MODULE, "variable")
    handed = {name for name in known if call.get(name) == f"${{var.{name}}}"}
    assert handed == set(known)
    assert set(call) - {"source", "environment"} == handed
    assert {name for name, body in wanted.items() if "default" not in body} <= set(call)
    assert set(call) - {"source"} <= set(wanted)
    for name in known:
        assert known[name]["type"] == wanted[name]["type"], name


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_the_example_fills_every_variable_that_has_no_default_and_no_others_than_there_are(folder: Path) -> None:
    import hcl2

    with (folder / "terraform.tfvars.example").open() as file:
        example = hcl2.load(file)
    given = {name for name in example if not name.startswith("__")}
    variables = named(folder, "variable")
    assert {name for name, body in variables.items() if "default" not in body} <= given <= set(variables)
    assert "secret_values" not in given


def test_every_variable_and_output_says_what_it_is() -> None:
    for kind in ("variable", "output"):
        assert [name for name, body in named(MODULE, kind).items() if not body.get("description")] == []


def test_no_bucket_is_public_and_none_is_emptied_by_terraform() -> None:
    buckets = [each for each in written() if each.type == "google_storage_bucket"]
    assert [each.name for each in buckets] == ["data"]
    for each in buckets:
        assert each.body["public_access_prevention"] == "enforced"
        assert each.body["uniform_bucket_level_access"] is True
        assert each.body["force_destroy"] is False
        assert each.body["lifecycle"] == [{"prevent_destroy": True}]
        assert each.body["versioning"] == [{"enabled": True}]
    # Hot objects would be kept and billed for a week at each overwriting.
    assert one("google_storage_bucket", "data")["soft_delete_policy"] == [{"retention_duration_seconds": 0}]


def rules() -> list[tuple[str, dict[str, Any]]]:
    """Lifecycle rules: what happens, and to which objects."""
    found = one("google_storage_bucket", "data")["lifecycle_rule"]
    return [(rule["action"][0]["type"], rule["condition"][0]) for rule in found]


def touches(condition: dict[str, Any], name: str, aging: str = "aging_of_one") -> bool:
    """Whether a rule concerns the living object of that name, where one workspace is served or several.

    One that goes by the custom time concerns what was given one, whatever its name.
    """
    if "days_since_custom_time" in condition:
        return False
    if condition.get("with_state") == "ARCHIVED":
        return False
    prefixes = _words(condition.get("matches_prefix"), aging)
    suffixes = _words(condition.get("matches_suffix"), aging)
    return (not prefixes or name.startswith(prefixes)) and (not suffixes or name.endswith(suffixes))


def _words(given: Any, aging: str) -> tuple[str, ...]:
    """What a condition lists: it names the list."""
    if not given:
        return ()
    [(name, part)] = re.findall(r"local\.(aging|data_files)\b(?:\.(\w+))?", str(given))
    return tuple(local_values()[aging][part] if name == "aging" else local_values()[name])


@pytest.mark.parametrize(("aging", "root"), [("aging_of_one", ""), ("aging_of_several", "workspaces/T0123456789/")])
def test_no_lifecycle_rule_touches_the_state(aging: str, root: str) -> None:
    state = [root + name for name in every_object().values() if not name.endswith((".parquet", ".zip", "/"))]
    assert len(state) > 20
    for action, condition in rules():
        if action != "AbortIncompleteMultipartUpload":
            assert [name for name in state if touches(condition, name, aging)] == [], condition


def test_what_is_done_with_is_thrown_away_as_the_setting_says_and_nothing_else_is_by_that_rule() -> None:
    [rule] = [(action, condition) for action, condition in rules() if "days_since_custom_time" in condition]
    # By its custom time alone: objects without one are not concerned.
    assert rule == ("Delete", {"days_since_custom_time": "${local.keep_days}", "with_state": "ANY"})
    field = Settings.model_fields["keep_days"]
    assert local_values()["keep_days"] == f'${{tonumber(lookup(var.settings, "MMM_KEEP_DAYS", "{field.default}"))}}'
    [_, bounds] = named(MODULE, "variable")["settings"]["validation"]
    assert re.findall(r"[<>]= (\d+)", bounds["condition"]) == [str(limit) for limit in (7, 3650)]
    assert [getattr(one, kind) for one, kind in zip(field.metadata, ("ge", "le"), strict=True)] == [7, 3650]


def test_a_trial_is_deleted_and_a_result_never() -> None:
    trial, table = paths.run_trials("r1234567") + "trial_1.npz", FOLDER + "results/robyn/model.rds"
    packs = (paths.result_pack(FOLDER), paths.findings_pack(FOLDER))
    for aging, below in (("aging_of_one", ""), ("aging_of_several", "workspaces/T0123456789/")):
        deleting = [condition for action, condition in rules() if action == "Delete"]
        assert any(touches(condition, below + trial, aging) for condition in deleting)
        for kept in (table, *packs):
            assert not any(touches(condition, below + kept, aging) for condition in deleting)


def test_data_grows_cheaper_with_age_and_is_never_deleted() -> None:
    raw = paths.raw_data("de", "20261122T211500Z-7f3a")
    assert [action for action, condition in rules() if touches(condition, raw)] == [
        "SetStorageClass",
        "SetStorageClass",
        "AbortIncompleteMultipartUpload",
    ]


def test_the_training_is_never_retried_blindly() -> None:
    [template] = one("google_cloud_run_v2_job", "training")["template"]
    [task] = template["template"]
    assert task["max_retries"] == 0
    assert task["timeout"] == "${var.training_timeout}s"
    variables = named(MODULE, "variable")
    assert (variables["training_cpu"]["default"], variables["training_memory"]["default"]) == (8, "32Gi")


def test_what_cannot_be_made_again_is_protected_from_deletion() -> None:
    protected = {"google_cloud_run_v2_service", "google_cloud_run_v2_job", "google_secret_manager_secret"}
    kept = [each for each in written() if each.type in protected]
    assert len(kept) == 4
    assert {each.body["deletion_protection"] for each in kept} == {"${var.deletion_protection}"}
    assert named(MODULE, "variable")["deletion_protection"]["default"] is True
    assert named(ENVIRONMENTS[1], "variable")["deletion_protection"]["default"] is True
    assert "deletion_protection" not in (ENVIRONMENTS[1] / "terraform.tfvars.example").read_text()


def test_services_say_how_they_are_paid_for_and_asked_for_their_health() -> None:
    for name in ("bot", "worker"):
        body = one("google_cloud_run_v2_service", name)
        [container] = body["template"][0]["containers"]
        [resources] = container["resources"]
        assert (resources["cpu_idle"], resources["startup_cpu_boost"]) == (True, True)
        for probe in ("startup_probe", "liveness_probe"):
            assert container[probe][0]["http_get"] == [{"path": "/health", "port": 8080}]
        assert body["template"][0]["service_account"] == f'${{local.email["{name}"]}}'


def test_no_secret_stands_in_the_files() -> None:
    known = re.compile(
        r"xox[abpe]-|xapp-|-----BEGIN|AIza[0-9A-Za-z_-]{30}|secret_data\s*=|private_key\s*=|password\s*="
    )
    for path in [*FILES, *TERRAFORM.rglob("*.example"), *TERRAFORM.rglob("*.tftpl"), *TERRAFORM.rglob("*.md")]:
        assert known.search(path.read_text()) is None, path
    values = named(MODULE, "variable")["secret_values"]
    assert (values["ephemeral"], values["sensitive"], values["default"]) == (True, True, {})
    version = one("google_secret_manager_secret_version", "given")
    assert version["secret_data_wo"] == "${var.secret_values[each.key]}"
    assert version["secret_data_wo_version"] == "${each.value}"


def test_images_are_cleaned_up_and_the_newest_are_kept() -> None:
    repository = one("google_artifact_registry_repository", "images")
    actions = {policy["action"]: policy for policy in repository["cleanup_policies"]}
    # A policy that keeps deletes nothing by itself.
    assert set(actions) == {"KEEP", "DELETE"}
    assert actions["KEEP"]["most_recent_versions"][0]["keep_count"] >= 30
    assert repository["cleanup_policy_dry_run"] is False
