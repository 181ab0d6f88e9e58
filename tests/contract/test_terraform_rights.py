"""Nobody whom a workflow can become may make itself more than it is: looked for in every file, not grant by grant."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform_files import ENVIRONMENTS, MODULE, TERRAFORM, named, one, written

FILES = sorted({*TERRAFORM.rglob("*.tf"), *TERRAFORM.rglob("*.example"), *TERRAFORM.rglob("*.hcl")})
CHECKOV = TERRAFORM.parents[1] / "build/checkov/bin/checkov"

# Roles of Google's that give rights over rights, or over everything. What ends like these and is harmless is named.
POWERFUL = re.compile(
    r"roles/(owner|editor|[\w.]*(?:[aA]dmin|TokenCreator|KeyAdmin)|(?!monitoring)[\w.]+\.editor|iam\.(?!.*[vV]iewer)\w+)"
)
HARMLESS = {
    "roles/cloudscheduler.admin",  # Ticks: there is no policy to set on them.
    "roles/iam.serviceAccountUser",  # Only ever on single accounts, which another test sees to.
    "roles/iam.workloadIdentityUser",  # The way in from GitHub, likewise.
    "roles/iam.securityReviewer",  # Sees who may do what.
}
# Permissions by which an account gets others, reads secrets, or becomes somebody else.
RISING = re.compile(
    r"\w[\w.]*\.setIamPolicy|iam\.roles\.(?!get|list)\w+|iam\.serviceAccounts\.(?!get$|list$|getIamPolicy$)\w+"
    r"|iam\.serviceAccountKeys\.\w+|iam\.workloadIdentityPool\w*\.(?!get|list)\w+|resourcemanager\.\w+\.(?!get|list)\w+"
    r"|secretmanager\.versions\.access|deploymentmanager\..*|cloudbuild\..*|serviceusage\.services\.enable|[\w.]*\*"
)
# The bot keeps the tokens that workspaces give it: below a condition on their names.
RISING_ALLOWED = {("access_installations.tf", "secretmanager.versions.access")}


def offences(name: str, text: str) -> list[str]:
    """Roles and permissions in a file, wherever they stand in it, that nobody here may have."""
    roles = [
        role for role in re.findall(r'"(roles/[\w.]+)"', text) if POWERFUL.fullmatch(role) and role not in HARMLESS
    ]
    words = re.findall(r'"([a-zA-Z]+(?:\.[a-zA-Z*]+){1,3})"', text)
    return roles + [word for word in words if RISING.fullmatch(word) and (name, word) not in RISING_ALLOWED]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TERRAFORM).as_posix())
def test_no_file_names_a_right_by_which_an_account_could_rise(path: Path) -> None:
    assert offences(path.name, path.read_text()) == []


@pytest.mark.parametrize(
    "right",
    [
        *(
            "roles/owner",
            "roles/editor",
            "roles/iam.roleAdmin",
            "roles/iam.serviceAccountAdmin",
            "roles/iam.securityAdmin",
        ),
        *(
            "roles/iam.serviceAccountTokenCreator",
            "roles/iam.serviceAccountKeyAdmin",
            "roles/iam.workloadIdentityPoolAdmin",
        ),
        *(
            "roles/resourcemanager.projectIamAdmin",
            "roles/run.admin",
            "roles/storage.admin",
            "roles/secretmanager.admin",
        ),
        *("roles/artifactregistry.admin", "roles/cloudtasks.queueAdmin", "roles/serviceusage.serviceUsageAdmin"),
        *("roles/deploymentmanager.editor", "roles/cloudbuild.builds.editor", "roles/iam.serviceAccountCreator"),
        *("iam.roles.update", "iam.roles.create", "iam.serviceAccounts.actAs", "iam.serviceAccounts.getAccessToken"),
        *("iam.serviceAccounts.signJwt", "iam.serviceAccountKeys.create", "iam.serviceAccounts.setIamPolicy"),
        *(
            "iam.workloadIdentityPoolProviders.update",
            "resourcemanager.projects.setIamPolicy",
            "run.services.setIamPolicy",
        ),
        *("secretmanager.secrets.setIamPolicy", "secretmanager.versions.access", "storage.buckets.setIamPolicy"),
    ],
)
def test_such_a_right_would_be_found_as_text_in_a_list_or_in_a_variable(right: str) -> None:
    for text in (
        f'role = "{right}"',
        f'locals {{\n  x = ["{right}"]\n}}',
        f'variable "x" {{\n  default = "{right}"\n}}',
    ):
        assert offences("x.tf", text) == [right]


def test_rights_are_written_down_and_never_given_from_outside() -> None:
    for each in written():
        for argument in ("role", "member", "permissions"):
            told = str(each.body.get(argument, ""))
            assert "var." not in told.replace("var.github.repository_id", "").replace("var.environment", ""), each
    roles = [name for folder in (MODULE, *ENVIRONMENTS) for name in named(folder, "variable") if "role" in name]
    assert roles == []


def test_rights_over_an_account_are_given_on_that_account_alone() -> None:
    over_accounts = ("roles/iam.serviceAccountUser", "roles/iam.workloadIdentityUser")
    for each in written():
        if str(each.body.get("role", "")) in over_accounts:
            assert each.type == "google_service_account_iam_member", each
    # Who comes from GitHub is lent what runs, never each other, and never itself.
    lent = {each.name: str(each.body.get("for_each")) for each in written() if "lend" in each.name}
    assert lent and not [name for name, whom in lent.items() if "terraform" in whom or "deployer" in whom]
    entered = [each.name for each in written() if "workloadIdentityUser" in str(each.body.get("role", ""))]
    assert entered == ["github_acts"]
    own = [each.name for each in written() if re.search(r'accounts\["(terraform|deployer)"\]', str(each.body))]
    assert own == []


def test_there_is_no_key_of_an_account() -> None:
    assert not [each for each in written() if each.type == "google_service_account_key"]


# The way in from GitHub


def condition(environment: str) -> str:
    """The provider's condition, as it is written for repository 34 of owner 12, for one branch and one prefix."""
    text = (MODULE / "federation.tf").read_text()
    conditions = re.findall(r'^    "(.+)",$', text.partition("github_conditions")[2].partition("])\n}")[0], re.M)
    exact, prefix = re.findall(r': "(assertion\.ref[^"]+)"\]', text)
    exact, prefix = exact.replace("${branch}", "main"), prefix.replace("${prefix}", "feat-")
    told = {"var.github.owner_id": "12", "var.github.repository_id": "34", "var.environment": environment}
    told['join(" || ", local.refs)'] = f"{exact} || {prefix}"
    whole = one("google_iam_workload_identity_pool_provider", "github")["attribute_condition"]
    whole = whole.replace("${local.github_conditions}", " && ".join(conditions))
    for name, value in told.items():
        whole = whole.replace(f"${{{name}}}", value)
    assert "${" not in whole
    return whole


def lets_in(claims: dict[str, str], environment: str = "prod") -> bool:
    """What Google's expression says of a token. A claim that is not there is an error, and an error is a refusal."""
    python = condition(environment).replace("&&", "and").replace("||", "or")
    python = python.replace(".startsWith(", ".startswith(").replace(".endsWith(", ".endswith(")
    try:
        return bool(
            eval(re.sub(r"assertion\.(\w+)", r"claims['\1']", python), {"claims": claims})
        )  # our own file's text
    except KeyError:
        return False


CLAIMS = {
    "repository_owner_id": "12",
    "repository_id": "34",
    "environment": "prod",
    "event_name": "push",
    "ref": "refs/heads/main",
    "job_workflow_ref": "team/mmm/.github/workflows/pipeline.yml@refs/heads/main",
}


def test_the_release_of_the_environment_is_let_in() -> None:
    assert lets_in(CLAIMS)
    branch = {
        "ref": "refs/heads/feat-x",
        "job_workflow_ref": "team/mmm/.github/workflows/pipeline.yml@refs/heads/feat-x",
    }
    assert lets_in(CLAIMS | branch | {"environment": "dev"}, "dev")


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_token_without_one_of_the_claims_is_not(claim: str) -> None:
    assert not lets_in({name: value for name, value in CLAIMS.items() if name != claim})


@pytest.mark.parametrize(
    "changed",
    [
        {"environment": "dev"},
        {"environment": ""},
        {"environment": "Prod"},
        {"repository_id": "35"},
        {"repository_owner_id": "13"},
        {"event_name": "pull_request"},
        {"event_name": "pull_request_target"},
        {"event_name": "workflow_dispatch"},
        {"ref": "refs/heads/other", "job_workflow_ref": "team/mmm/.github/workflows/pipeline.yml@refs/heads/other"},
        {"ref": "refs/tags/main"},
        {"job_workflow_ref": "team/mmm/.github/workflows/mine.yml@refs/heads/main"},
        {"job_workflow_ref": "team/mmm/.github/workflows/pipeline.yml@refs/heads/other"},
        {"job_workflow_ref": "team/mmm/.github/workflows/evil-pipeline.yml@refs/heads/main"},
    ],
    ids=lambda changed: "-".join(f"{name}={value.rsplit('/', 1)[-1]}" for name, value in changed.items()),
)
def test_a_token_of_anything_else_is_not(changed: dict[str, str]) -> None:
    assert not lets_in(CLAIMS | changed)


def test_an_account_takes_only_who_has_entered_its_environment() -> None:
    provider = one("google_iam_workload_identity_pool_provider", "github")
    assert (
        provider["attribute_mapping"]["attribute.may_enter"] == "assertion.repository_id + ':' + assertion.environment"
    )
    member = one("google_service_account_iam_member", "github_acts")["member"]
    assert member.endswith("/attribute.may_enter/${var.github.repository_id}:${var.environment}")


@pytest.mark.parametrize("folder", ENVIRONMENTS, ids=lambda folder: folder.name)
def test_branches_that_may_deploy_are_those_that_the_workflows_take(folder: Path) -> None:
    import hcl2
    import yaml

    workflow = {"dev": "ci-dev.yml", "prod": "ci.yml"}[folder.name]
    found: dict[Any, Any] = yaml.safe_load((TERRAFORM.parents[1] / ".github/workflows" / workflow).read_text())
    with (folder / "terraform.tfvars.example").open() as file:
        github = hcl2.load(file)["github"]
    words = {
        key.strip('"'): [word.strip('"') for word in value] for key, value in github.items() if isinstance(value, list)
    }
    assert found[True]["push"]["branches"] == [
        *words["branches"],
        *(f"{word}*" for word in words.get("branch_prefixes", [])),
    ]


# Checkov, with rules of our own


def checkov(folder: Path) -> set[str]:
    """Which of our own rules files in a folder break."""
    if not CHECKOV.is_file():
        pytest.skip("checkov is not installed: make test-infra")
    rules = TERRAFORM.parent / "checkov"
    command = [CHECKOV, "--directory", folder, "--framework", "terraform", "--external-checks-dir", rules]
    done = subprocess.run(
        [*command, "--check", "CKV2_MMM_*", "--skip-download", "--quiet", "--compact"], capture_output=True, text=True
    )
    assert done.returncode in (0, 1), done.stderr
    return set(re.findall(r"CKV2_MMM_\d+", done.stdout))


PLANTED: list[tuple[str, dict[str, Any]]] = [
    ("google_project_iam_member", {"project": "p", "role": "roles/iam.roleAdmin", "member": "user:a"}),
    ("google_project_iam_custom_role", {"role_id": "x", "title": "x", "permissions": ["iam.roles.update"]}),
    ("google_service_account_iam_member", {"service_account_id": "a", "role": "roles/iam.serviceAccountTokenCreator"}),
    ("google_project_iam_binding", {"project": "p", "role": "roles/viewer", "members": ["user:a"]}),
    ("google_iam_workload_identity_pool_provider", {"attribute_condition": "assertion.repository_id == '1'"}),
]


def test_checkov_has_a_rule_for_each_kind_of_right_and_finds_them(tmp_path: Path) -> None:
    # One run over all that is planted: checkov takes seconds to start.
    for number, (kind, body) in enumerate(PLANTED):
        lines = "".join(f"  {name} = {json.dumps(value)}\n" for name, value in body.items())
        text = f'resource "{kind}" "x" {{\n{lines}}}'
        (tmp_path / f"planted{number}.tf").write_text(text + "\n")
    assert checkov(tmp_path) == {f"CKV2_MMM_{number}" for number in range(1, 6)}
