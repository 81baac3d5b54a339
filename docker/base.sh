#!/bin/sh
# Makes sure that the image is there which the others are built on: it is, or it can be pulled, or, if it is Debian 12, it is
# made of Debian's packages.
set -eu
image=${1:-debian:bookworm-slim}

docker image inspect "$image" >/dev/null 2>&1 && exit 0
docker pull --quiet "$image" && exit 0
if [ "$image" != debian:bookworm-slim ]; then
    echo "$image can be neither found nor pulled; only debian:bookworm-slim can be made here" >&2
    exit 3
fi
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
