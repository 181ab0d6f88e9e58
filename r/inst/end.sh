#!/bin/sh
# shellcheck disable=SC2046  # a list of numbers is to be split
#
# Ends what a training has started and not yet ended: end.sh REGISTRY
here=${0%/*}
# shellcheck source=processes.sh
. "$here/processes.sh"
end_trees $(registered "$1")
