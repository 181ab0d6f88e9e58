#!/bin/sh
# Runs a command as a part of a training, beside it.
#
#   apart.sh TRAINING REGISTRY LOG EXIT COMMAND...
#
# TRAINING  the training's process
# REGISTRY  gets this process, for guard.sh
# LOG       gets what the command prints
# EXIT      a file of nine bytes that gets its exit status, also where it was killed and could not say so itself
here=${0%/*}
# shellcheck source=processes.sh
. "$here/processes.sh"
training=$1 registry=$2 log=$3 exit=$4
shift 4

echo "$$ $(born $$)" >> "$registry"
# The guard reads the registry when the training is gone; what comes later goes by itself.
[ -n "$(born "$training")" ] || exit 1
"$@" > "$log" 2>&1
# Into the room that the file has: on a full disk there is no other.
printf '%-8s\n' $? 1<> "$exit"
