#!/bin/sh
# Builds, starts, shows and stops the cluster of compose.yaml; `make cluster-up` and its like call it.
# COMPOSE_PROFILES chooses what runs besides, such as COMPOSE_PROFILES=sql,airflow; `secure` is no container but secure.yaml.
set -eu
cd "$(dirname "$0")"
export BASE="${BASE:-debian:bookworm-slim}" IMAGE_TAG="${IMAGE_TAG:-latest}"
HOSTS="master worker1 worker2 database gateway"
export COMPOSE_FILE=compose.yaml
case ",${COMPOSE_PROFILES:-}," in
    *,secure,*) COMPOSE_FILE=compose.yaml:secure.yaml ;;
esac

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
    set -- docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD/secrets:/secrets" \
        --entrypoint python "gridseal/core:$IMAGE_TAG"
    "$@" -m stack.secrets /secrets
    # shellcheck disable=SC2086
    "$@" -m stack.certificates /secrets/tls $HOSTS
}

command() {
    docker compose exec -T gateway "$@"
}

# A command on the volume of a host, without its services.
volume() {
    host=$1 folder=$2
    shift 2
    docker run --rm --network none --user 0 --volume "${COMPOSE_PROJECT_NAME:-gridseal}_$host:/volume" \
        --volume "$folder:/backup" --entrypoint sh "gridseal/core:$IMAGE_TAG" -c "$*"
}

# Those whose loss no other host makes up for. Messages, Flink's pointers and blocks of files lie on others, too.
KEPT="master database gateway"

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
    upgrade)
        need_docker
        build
        secrets
        # The workers first, the one that leads last; each begins once everything has all its copies again.
        for host in worker2 worker1 database master gateway; do
            command python -m gridseal.cluster settle
            docker compose up --detach --no-deps --wait --wait-timeout 600 "$host"
            echo "$host runs the new image"
        done
        docker compose up --detach --wait --wait-timeout 600
        command gridseal up
        command python -m gridseal.cluster settle
        ;;
    backup)
        need_docker
        folder=$(mkdir -p "${2:?usage: $0 backup FOLDER}" && cd "$2" && pwd)
        chmod 700 "$folder"
        command gridseal pipeline stop
        command python -m gridseal.cluster keep
        docker compose stop $KEPT
        for host in $KEPT; do
            volume "$host" "$folder" "tar -C /volume --exclude ./run --exclude ./log --exclude ./data/kafka \
                --exclude ./data/zookeeper --exclude ./data/flink -czf /backup/$host.tar.gz . && chmod 600 /backup/$host.tar.gz"
        done
        docker compose up --detach --wait --wait-timeout 600
        command gridseal up
        command gridseal pipeline start
        ls -l "$folder"
        ;;
    restore)
        need_docker
        folder=$(cd "${2:?usage: $0 restore FOLDER}" && pwd)
        for host in $KEPT; do
            [ -f "$folder/$host.tar.gz" ] || { echo "$folder/$host.tar.gz is not there" >&2; exit 2; }
        done
        # The master's broker comes back with nothing. The others must know that it lacks messages before they stop.
        docker compose --profile '*' stop $KEPT
        sleep 15
        docker compose --profile '*' down
        docker compose create
        for host in $KEPT; do
            volume "$host" "$folder" "find /volume -mindepth 1 -delete && tar -C /volume -xzf /backup/$host.tar.gz"
        done
        # What they remember of jobs is of a later time than the files.
        for host in worker1 worker2; do
            volume "$host" "$folder" "rm -rf /volume/data/zookeeper"
        done
        docker compose up --detach --wait --wait-timeout 600
        command gridseal up
        command gridseal pipeline start
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
    *) echo "usage: $0 check | build | up | status | shell | upgrade | backup FOLDER | restore FOLDER | down | clean" >&2; exit 2 ;;
esac
