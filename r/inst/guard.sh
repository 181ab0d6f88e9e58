#!/bin/sh
# shellcheck disable=SC2046,SC2086  # lists of numbers are to be split
#
# Ends all that a training has started, once the training is gone, however it went, or the program that it was started for.
#
#   guard.sh TRAINING OUT REGISTRY [PARENT]
#
# TRAINING  its process; R cannot heed a SIGTERM, and nothing can heed a SIGKILL, so that this one stands beside it
# OUT       its folder, where error.json and status.json say how it ended if it could not say so itself
# REGISTRY  file of the processes that apart.sh started, `pid born` a line; processes that the training forked need none
# PARENT    the program that waits for the training; without one it goes on when its parent is gone, as after nohup
here=${0%/*}
# shellcheck source=processes.sh
. "$here/processes.sh"
training=$1 out=$2 registry=$3 parent=${4:-}
WHAT="The training was ended from outside before it was done."
TODO="Start it again; trials that were finished are taken over."

# Ctrl-C reaches every process of a terminal, this one too.
trap '' INT TERM HUP QUIT

# Words for whoever reads the folder, unless the training left its own.
tell() {
  [ -d "$out" ] || return 0
  [ -e "$out/error.json" ] && return 0
  grep -q '"phase": *"done"' "$out/status.json" 2>/dev/null && return 0
  words=$(printf '  "cause": "%s",\n  "remedy": "%s"\n}' "$WHAT" "$TODO")
  if [ -s "$out/status.json" ]; then
    # All but the closing brace, and a comma.
    begun=$(sed '$d' "$out/status.json" | sed '$s/$/,/')
  else
    begun='{'
  fi
  printf '%s\n%s\n' "$begun" "$words" > "$out/status.json.part" && mv "$out/status.json.part" "$out/status.json"
  printf '{\n  "what": "%s",\n  "todo": "%s"\n}\n' "$WHAT" "$TODO" > "$out/error.json.part" \
    && mv "$out/error.json.part" "$out/error.json"
}

began=$(born "$training")
[ -z "$parent" ] || parent_began=$(born "$parent")
children=
while lives "$training" "$began" && { [ -z "$parent" ] || lives "$parent" "$parent_began"; }; do
  children=$(children_of "$training")
  sleep 0.5
done

# R clears its folder away when it ends by itself: then it has told how, and ended what it started.
[ -d "${registry%/*}" ] || exit 0

roots=$children
if lives "$training" "$began"; then roots="$roots $training"; fi
end_trees $roots $(registered "$registry")
tell
case $registry in */Rtmp*/processes) rm -rf "${registry%/processes}" ;; esac
