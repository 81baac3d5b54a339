#!/bin/sh
# Makes sure that the image which the others are built on is there: it is, or it can be pulled, or it is made of Debian's packages.
set -eu
image=${1:-debian:bookworm-slim}

docker image inspect "$image" >/dev/null 2>&1 && exit 0
docker pull --quiet "$image" && exit 0
if ! command -v mmdebstrap >/dev/null; then
    echo "$image can be neither found nor pulled, and mmdebstrap, which makes it of packages, is not installed" >&2
    echo "next: sudo apt-get install --no-install-recommends mmdebstrap" >&2
    exit 3
fi
echo "$image cannot be pulled: making it of Debian's packages"
made=$(mktemp --suffix .tar)
trap 'rm -f "$made"' EXIT
mmdebstrap --quiet --variant=minbase --mode=root bookworm "$made"
docker import --change 'CMD ["bash"]' "$made" "$image"
