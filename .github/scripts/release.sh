#!/usr/bin/env bash
# Deploy three images by digest: the training job, the worker, the bot. A new revision gets traffic once it answers; if
# the release is ill after that, everything goes back to what ran before.
#
# Reads NAME PROJECT REGION RELEASE BOT_IMAGE WORKER_IMAGE TRAINING_IMAGE. Needs gcloud, curl and jq.
set -euo pipefail

: "${NAME:?}" "${PROJECT:?}" "${REGION:?}" "${RELEASE:?}"
: "${BOT_IMAGE:?}" "${WORKER_IMAGE:?}" "${TRAINING_IMAGE:?}"
bot="$NAME-bot" worker="$NAME-worker" job="$NAME-training"

for image in "$BOT_IMAGE" "$WORKER_IMAGE" "$TRAINING_IMAGE"; do
  [[ $image =~ @sha256:[0-9a-f]{64}$ ]] || { echo "$image is not named by its digest." >&2; exit 2; }
done

run() { gcloud run "$@" --project="$PROJECT" --region="$REGION" --quiet; }

# The revision that answers now.
serving() { run services describe "$1" --format=json | jq -er '.status.traffic | max_by(.percent // 0) | .revisionName'; }

address() { run services describe "$1" --format=json | jq -er '.status.url'; }

# A new revision without traffic. It is refused where it does not start and answer its probe.
deploy() { run services update "$1" --image="$2" --revision-suffix="$RELEASE" --no-traffic --tag=candidate; }

move_to() { run services update-traffic "$1" --to-revisions="$2=100"; }

answers() { curl --fail --silent --show-error --max-time 10 --retry 5 --retry-all-errors --output /dev/null "$1/health"; }

# What comes back to somebody who may not ask.
status_of() { curl --silent --max-time 10 --retry 3 --output /dev/null --write-out '%{http_code}' "$@"; }

# Forged requests must be refused: the bot's without Slack's signature, the worker's without a token.
refuses_strangers() {
  local told
  told=$(status_of --request POST --data 'command=/mmm' "$1/slack/events")
  [[ $told == 401 ]] || { echo "The bot answered $told to an unsigned request." >&2; return 1; }
  told=$(status_of "$2/health")
  [[ $told == 40[134] ]] || { echo "The worker answered $told to a stranger." >&2; return 1; }
}

former_bot=$(serving "$bot")
former_worker=$(serving "$worker")
former_image=$(run jobs describe "$job" --format='value(spec.template.spec.template.spec.containers[0].image)')
bot_url=$(address "$bot")
worker_url=$(address "$worker")

go_back() {
  local status=$?
  trap - EXIT
  if ((status)); then
    echo "The release failed; going back to $former_bot, $former_worker and the former training." >&2
    move_to "$bot" "$former_bot" || echo "Could not move $bot back." >&2
    move_to "$worker" "$former_worker" || echo "Could not move $worker back." >&2
    run jobs update "$job" --image="$former_image" || echo "Could not set $job back." >&2
  fi
  exit "$status"
}
trap go_back EXIT

run jobs update "$job" --image="$TRAINING_IMAGE"
deploy "$worker" "$WORKER_IMAGE"
deploy "$bot" "$BOT_IMAGE"

candidate=$(run services describe "$bot" --format=json | jq -er '.status.traffic[] | select(.tag == "candidate") | .url')
answers "$candidate"

# The worker first: what the new bot asks for, the new worker can do.
move_to "$worker" "$worker-$RELEASE"
move_to "$bot" "$bot-$RELEASE"
answers "$bot_url"
refuses_strangers "$bot_url" "$worker_url"
echo "Released $RELEASE: $bot_url"
