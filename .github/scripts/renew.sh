#!/usr/bin/env bash
# Looks up what the images are built on today, and pins it: the base image's newest digest, the day of Debian's packages, and
# every Python package within what pyproject.toml and requirements/*.in allow. Changes files, and tells in words which.
#
#   renew.sh           docker/bases.env and the locks
#   renew.sh bases     docker/bases.env alone
#
# Needs docker; the locks are made in the base image, as the checks run in it. TODAY is for tests.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/../.."

bases=docker/bases.env
today=${TODAY:-$(date -u +%Y%m%d)}
# shellcheck source=/dev/null
. "$bases"
tag=${PYTHON_IMAGE%%@*}

digest=$(docker buildx imagetools inspect "$tag" --format '{{ .Manifest.Digest }}')
[[ $digest =~ ^sha256:[0-9a-f]{64}$ ]] || { echo "$tag has no digest but $digest." >&2; exit 1; }
python="$tag@$digest" snapshot="${today}T000000Z"
# Debian's archive has each day; packages that are older than the base's own could not be installed beside them.
[[ ! $snapshot < $DEBIAN_SNAPSHOT ]] || { echo "Today, $snapshot, is before $DEBIAN_SNAPSHOT." >&2; exit 1; }

sed -i -e "s|^PYTHON_IMAGE=.*|PYTHON_IMAGE=$python|" -e "s|^DEBIAN_SNAPSHOT=.*|DEBIAN_SNAPSHOT=$snapshot|" "$bases"
[[ $PYTHON_IMAGE == "$python" ]] || echo "- base image: \`$digest\` instead of \`${PYTHON_IMAGE##*@}\`"
[[ $DEBIAN_SNAPSHOT == "$snapshot" ]] || echo "- Debian's packages as of $snapshot instead of $DEBIAN_SNAPSHOT"

[[ ${1:-} != bases ]] || exit 0
docker run --rm --volume "$PWD:/work" --workdir /work "$python" bash -euc '
  apt-get update -qq && apt-get install -y -qq --no-install-recommends make git >/dev/null
  make renew
' >&2
for lock in requirements/*.txt; do
  git diff --quiet -- "$lock" || echo "- \`$lock\`"
done
