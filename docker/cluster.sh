#!/bin/sh
# Builds, starts, shows and stops the cluster of compose.yaml; `make cluster-up` and its like call it.
# COMPOSE_PROFILES chooses what runs besides, such as COMPOSE_PROFILES=sql,airflow.
set -eu
cd "$(dirname "$0")"
export BASE="${BASE:-debian:bookworm-slim}"

need_docker() {
    if ! docker info >/dev/null 2>&1; then
        echo "the cluster needs a Docker engine that you may use, and none answers here" >&2
        echo "next: make doctor" >&2
        exit 3
    fi
    if ! docker compose version >/dev/null 2>&1; then
        echo "the cluster needs version 2 of Docker's compose, and 'docker compose' is not there" >&2
        echo "next: make doctor" >&2
        exit 3
    fi
}

build() {
    ./base.sh "$BASE"
    docker compose build
}

secrets() {
    mkdir -p secrets
    # By the image's own code: which passwords there are is declared once, in stack/settings.py.
    docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD/secrets:/secrets" \
        --entrypoint python gridseal/core -m stack.secrets /secrets
}

case "${1:-}" in
    check) need_docker ;;
    build) need_docker; build ;;
    up)
        need_docker
        build
        secrets
        docker compose up --detach --wait --wait-timeout 600
        docker compose exec gateway gridseal up
        echo "next:  make cluster-shell, or docker compose -f docker/compose.yaml exec gateway gridseal demo"
        ;;
    status)
        need_docker
        docker compose ps
        docker compose exec gateway gridseal status
        ;;
    shell) need_docker; docker compose exec gateway bash ;;
    # The containers beside the gateway stand in profiles, and go as well.
    down) need_docker; docker compose --profile '*' down ;;
    clean) need_docker; docker compose --profile '*' down --volumes ;;
    *) echo "usage: $0 check | build | up | status | shell | down | clean" >&2; exit 2 ;;
esac
