#!/usr/bin/env bash
# Reads a plan (terraform show -json) and names what GitHub's account may not do, before anything is done: who may do what,
# accounts, roles, the way in from GitHub, APIs, and most of what is made or deleted. A person who owns the project applies
# that (docs/deploy.md, "What a person applies").
set -euo pipefail

found=$(jq -er '
  # A metric, an alert or a tick may come and go.
  def comes_and_goes: test("^google_(cloud_scheduler_job|logging_metric|monitoring_\\w+)$");
  def of_rights: test("_iam_|^google_(iam_|service_account|project_service|secret_manager_secret_version)");
  [.resource_changes[]?
   | select(.mode == "managed")
   | (.change.actions - ["no-op", "read"]) as $actions
   | select($actions != [])
   | select((.type | of_rights) or ($actions != ["update"] and (.type | comes_and_goes | not)))
   | "  \(.address): \($actions | join(", then "))"] | join("\n")')

if [[ -n $found ]]; then
  printf 'A person has to apply this change, since it makes, deletes, or says who may do what:\n%s\n' "$found" >&2
  echo "docs/deploy.md says how: What a person applies. Then run this release again." >&2
  exit 1
fi
