#!/bin/sh
# Takes Debian's packages as they were at a time, such as 20261123T000000Z, instead of as they are today.
#
#   debian_snapshot.sh [TIME [SOURCES]]
#
# Debian's own images say above each address of their sources where the archive of old packages has them. An image that
# does not say it cannot be set back, which is an error.
set -eu

time=${1:-}
sources=${2:-/etc/apt/sources.list.d/debian.sources}
[ -n "$time" ] || exit 0

case $time in
  [0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]T[0-9][0-9][0-9][0-9][0-9][0-9]Z) ;;
  *) echo "DEBIAN_SNAPSHOT must be a time such as 20261123T000000Z, not $time" >&2; exit 2 ;;
esac

half=$(mktemp)
# The comment's address, set to our time, takes the place of the next line's. What is old is no longer signed as valid.
sed -E '
  /^#[[:space:]]*https?:.*\/[0-9]{8}T[0-9]{6}Z\/?[[:space:]]*$/ {
    s,^#[[:space:]]*(.*)/[0-9]{8}T[0-9]{6}Z/?[[:space:]]*$,URIs: \1/'"$time"',
    h
    d
  }
  /^URIs:/ {
    x
    /^URIs:/ !{ x; b }
    s,$,\nCheck-Valid-Until: no,
    p
    s,.*,,
    x
    d
  }' "$sources" > "$half"

if [ "$(grep -c "^URIs: .*/$time\$" "$half")" != "$(grep -c '^URIs:' "$sources")" ]; then
  rm "$half"
  echo "$sources does not say where Debian keeps old packages; build without DEBIAN_SNAPSHOT" >&2
  exit 1
fi
cat "$half" > "$sources"
rm "$half"
