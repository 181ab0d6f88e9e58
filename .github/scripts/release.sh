#!/usr/bin/env bash
# What runs is this script's alone: revisions, images, settings and traffic of the two services, and the training job's
# image. Terraform makes them once and never changes these, so that neither can stop the other (docs/architecture.md).
#
#   release.sh                deploys three images by digest, with the settings that Terraform put out. New revisions get
#                             traffic once they answer; if the release is ill, everything goes back to what ran before.
#   release.sh mend           puts right what a release has left that was broken off in the middle; else does nothing.
#   release.sh back REVISION  goes back to that revision of the bot, and to worker and training as they were with it.
#
# The bot's revision that gets the traffic is the release that counts. It is moved last, and its environment remembers
# the worker's revision and the training's image of its release. The tag `candidate` stands while a release is under way.
#
# Reads NAME PROJECT REGION; for a release RELEASE, and BOT_IMAGE WORKER_IMAGE TRAINING_IMAGE, or none of the three for
# the images that run now; and DEPLOYMENT, a file with what `terraform output -json deployment` says: without it, the
# settings stay as they are. Needs gcloud, curl and jq.
set -euo pipefail
shopt -s inherit_errexit

: "${NAME:?}" "${PROJECT:?}" "${REGION:?}"
order=${1:-release}
bot="$NAME-bot" worker="$NAME-worker" job="$NAME-training"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Reading

run() { gcloud run "$@" --project="$PROJECT" --region="$REGION" --quiet; }

# What a container is made of: its image and its environment.
made_of='def made: {image, env: ([.env[]? | {(.name): (.value // "")}] | add // {})};'
of_revision() { run revisions describe "$1" --format=json | jq -ecS "$made_of"'.spec.containers[0] | made'; }
of_job() { run jobs describe "$job" --format=json | jq -ecS "$made_of"'.spec.template.spec.template.spec.containers[0] | made'; }

# look SERVICE: sets `serving` to the revision that answers now, `url` to its address, `candidate` to that of the tag,
# `next` to what the next revision is made of. `unwell` is true where a release was broken off, or where the newest
# revision does not start: then the whole service counts as ill, whatever gets the traffic, and Terraform would wait for
# it in vain.
look() {
  local seen
  seen=$(run services describe "$1" --format=json | jq -er "$made_of"'
    (.status.latestCreatedRevisionName != .status.latestReadyRevisionName) as $stuck
    | ([.spec.traffic[]?, .status.traffic[]? | select(.tag == "candidate")] != []) as $open
    | [(.status.traffic | max_by(.percent // 0) | .revisionName), .status.url,
       ([.status.traffic[] | select(.tag == "candidate") | .url][0] // ""), ($stuck or $open | tostring),
       ($stuck | tostring), (.spec.template.spec.containers[0] | made | tojson)]
    | join("\u001f")') || return
  IFS=$'\x1f' read -r serving url candidate unwell stuck next <<<"$seen"
}

# A name that no revision of the service has: a release that was broken off may have left its own.
free() {
  local name=$2 taken number=1
  taken=$(run revisions list --service="$1" --format='value(metadata.name)')
  while grep -qxF -- "$1-$name" <<<"$taken"; do
    number=$((number + 1))
    name="$2-$number"
  done
  echo "$name"
}

# Changing

# as_told MADE_OF FILE: sets `image`, and `environment` to the option that gives it: a file, since values hold commas. An
# empty file would leave the environment as it is.
as_told() {
  local env
  { read -r image && IFS= read -r env; } < <(jq -r '.image, (.env | tojson)' <<<"$1") || return
  echo "$env" >"$2"
  environment=--env-vars-file=$2
  [[ $env != '{}' ]] || environment=--clear-env-vars
}

# deploy SERVICE SUFFIX MADE_OF [OPTION…]: a new revision without traffic. Refused where it does not start and answer its
# probe.
deploy() {
  local image environment
  as_told "$3" "$work/$1.yaml" || return
  run services update "$1" --image="$image" "$environment" --revision-suffix="$2" --no-traffic "${@:4}"
}

# train_with MADE_OF [OPTION…]
train_with() {
  local image environment
  as_told "$1" "$work/$job.yaml" || return
  run jobs update "$job" --image="$image" "$environment" "${@:2}"
}

move_to() { run services update-traffic "$1" --to-revisions="$2=100" "${@:3}"; }

# The next revision is made from what gets the traffic again, so that a later change by anybody starts from what starts.
restore() {
  local good next serving url candidate unwell stuck
  look "$1" && good=$(of_revision "$2") || return
  [[ $stuck == false && $(jq -cS . <<<"$next") == "$good" ]] || deploy "$1" "$(free "$1" "$RELEASE-back")" "$good" || return
  look "$1" && [[ $serving == "$2" ]] || move_to "$1" "$2" --remove-tags=candidate
}

# put_back BOT_REVISION WORKER_REVISION [MADE_OF]: traffic first, for that is what people feel; then the training, then
# what the next revisions are made from. gcloud calls a move failed while the newest revision does not start, though
# traffic did move: so what answers in the end is asked.
put_back() {
  local wrong=0
  move_to "$bot" "$1" --remove-tags=candidate || echo "Looking again at $bot below." >&2
  move_to "$worker" "$2" --remove-tags=candidate || echo "Looking again at $worker below." >&2
  if [[ -n ${3:-} ]]; then
    train_with "$3" || { echo "Could not set $job back." >&2; wrong=1; }
  fi
  restore "$bot" "$1" || { echo "Could not put all of $bot back." >&2; wrong=1; }
  restore "$worker" "$2" || { echo "Could not put all of $worker back." >&2; wrong=1; }
  return "$wrong"
}

# put_back_as_with BOT_REVISION WORKER_REVISION: everything as it was in that release of the bot, as far as it remembers;
# the worker's revision is the one that counts where it does not.
put_back_as_with() {
  local made beside image training=""
  made=$(of_revision "$1") || return
  IFS=$'\x1f' read -r beside image < <(jq -r '[.env.RELEASED_WORKER // "", .env.RELEASED_TRAINING // ""] | join("\u001f")' <<<"$made")
  if [[ -n $image ]]; then
    training=$(of_job | jq -cS --arg image "$image" '.image = $image') || return
  fi
  put_back "$1" "${beside:-$2}" "$training"
}

# Looking

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

# Orders

mend() {
  local next url candidate unwell stuck serving bot_serving bot_unwell
  if ! look "$bot" || { bot_serving=$serving bot_unwell=$unwell; ! look "$worker"; }; then
    echo "There is nothing to mend yet."
  elif [[ $bot_unwell == true || $unwell == true ]]; then
    echo "A release was broken off here, or a revision does not start: putting it right." >&2
    put_back_as_with "$bot_serving" "$serving" || echo "Not all could be put right; the next release may do it." >&2
  fi
}

back() {
  local serving url candidate unwell stuck next
  look "$worker"
  put_back_as_with "$1" "$serving"
}

go_back() {
  local status=$?
  trap - EXIT
  trap '' HUP INT TERM
  if ((status)); then
    echo "The release failed; going back to $former_bot, $former_worker and the former training." >&2
    put_back "$former_bot" "$former_worker" "$former_training" ||
      echo "Not all could be put back: .github/scripts/release.sh mend tries again." >&2
  fi
  rm -rf "$work"
  exit "$status"
}

# told ROLE NOW IMAGE [REMEMBERED]: what a program is released with. The image that it has now, where none is given;
# settings are Terraform's where it put them out, else those of now; and what it is to remember.
told() {
  local settings={}
  [[ -z ${DEPLOYMENT:-} ]] || settings=$(jq -ec .releases "$DEPLOYMENT")
  jq -cS --arg role "$1" --arg image "$3" --argjson remembered "${4:-{\}}" --argjson settings "$settings" '
    .image = if $image == "" then .image else $image end
    | .env = (($settings[$role].env // .env) | del(.RELEASED_WORKER, .RELEASED_TRAINING)) + $remembered' <<<"$2"
}

options() { [[ -z ${DEPLOYMENT:-} ]] || jq -er --arg role "$1" '.releases[$role].flags[]' "$DEPLOYMENT"; }

release() {
  local bot_url worker_url bot_made worker_made training_made suffix beside remembered beheld
  local serving url candidate unwell stuck next
  local -a bot_options worker_options job_options
  mend
  look "$bot"
  former_bot=$serving bot_url=$url
  look "$worker"
  former_worker=$serving worker_url=$url
  former_training=$(of_job)

  beside="$worker-$(free "$worker" "$RELEASE")"
  suffix=$(free "$bot" "$RELEASE")
  training_made=$(told training "$former_training" "${TRAINING_IMAGE:-}")
  worker_made=$(told worker "$(of_revision "$former_worker")" "${WORKER_IMAGE:-}")
  remembered=$(jq -c --arg worker "$beside" '{RELEASED_WORKER: $worker, RELEASED_TRAINING: .image}' <<<"$training_made")
  bot_made=$(told bot "$(of_revision "$former_bot")" "${BOT_IMAGE:-}" "$remembered")
  mapfile -t bot_options < <(options bot)
  mapfile -t worker_options < <(options worker)
  mapfile -t job_options < <(options training)

  trap go_back EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM

  deploy "$worker" "${beside#"$worker-"}" "$worker_made" --tag=candidate "${worker_options[@]}"
  deploy "$bot" "$suffix" "$bot_made" --tag=candidate "${bot_options[@]}"
  look "$bot"
  beheld=$candidate
  answers "$beheld"
  look "$worker"
  refuses_strangers "$beheld" "$candidate"

  train_with "$training_made" "${job_options[@]}"
  # The worker first: what the new bot asks for, the new worker can do.
  move_to "$worker" "$beside"
  move_to "$bot" "$bot-$suffix"
  answers "$bot_url"
  refuses_strangers "$bot_url" "$worker_url"

  trap 'rm -rf "$work"' EXIT
  # A tag has an address of its own, which needs no longer be open.
  for name in "$worker" "$bot"; do
    run services update-traffic "$name" --remove-tags=candidate || echo "$name keeps its tag until the next release." >&2
  done
  echo "Released $RELEASE: $bot_url"
}

case $order in
  release)
    : "${RELEASE:?}"
    if [[ -n ${BOT_IMAGE:-}${WORKER_IMAGE:-}${TRAINING_IMAGE:-} ]]; then
      for image in "${BOT_IMAGE:?}" "${WORKER_IMAGE:?}" "${TRAINING_IMAGE:?}"; do
        [[ $image =~ @sha256:[0-9a-f]{64}$ ]] || { echo "$image is not named by its digest." >&2; exit 2; }
      done
    fi
    release
    ;;
  mend | back)
    RELEASE=${RELEASE:-$order$(date -u +%m%d%H%M%S)}
    if [[ $order == mend ]]; then mend; else back "${2:?Which revision of the bot?}"; fi
    ;;
  *)
    echo "release.sh, release.sh mend, or release.sh back REVISION." >&2
    exit 2
    ;;
esac
