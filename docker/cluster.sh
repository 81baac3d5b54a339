#!/bin/sh
# Builds, starts, shows, keeps and stops the cluster of compose.yaml; `make cluster-up` and its like call it.
# COMPOSE_PROFILES chooses what runs besides, such as COMPOSE_PROFILES=sql,airflow; `secure` is no container but
# secure.yaml. What was chosen at the last `up` holds for every later call that does not say otherwise.
set -eu
asked_from=$PWD
cd "$(dirname "$0")"
project=${COMPOSE_PROJECT_NAME:-gridseal}
image=gridseal/core:${IMAGE_TAG:-latest}
chosen=secrets/profiles-of-$project
if [ -z "${COMPOSE_PROFILES+set}" ] && [ -f "$chosen" ]; then
    COMPOSE_PROFILES=$(cat "$chosen")
fi
export COMPOSE_PROFILES="${COMPOSE_PROFILES:-}" COMPOSE_FILE=compose.yaml COMPOSE_PROJECT_NAME="$project"
case ",$COMPOSE_PROFILES," in
    *,secure,*) COMPOSE_FILE=compose.yaml:secure.yaml ;;
esac
# Those whose loss no other host makes up for. Messages, Flink's pointers and blocks of files lie on others, too.
KEPT="master database gateway"

usage() {
    echo "usage: $0 check | build | up | status | shell | upgrade | backup FOLDER | restore FOLDER | down | clean" >&2
    exit 2
}

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

# Without the containers beside the gateway.
hosts() {
    COMPOSE_PROFILES='' docker compose config --services
}

workers() {
    hosts | grep '^worker'
}

build() {
    ./base.sh "${BASE:-debian:bookworm-slim}"
    docker compose build
}

secrets() {
    mkdir -p secrets
    # By the image's own code: which passwords there are is declared once, in stack/settings.py.
    set -- docker run --rm --network none --user "$(id -u):$(id -g)" --volume "$PWD/secrets:/secrets" \
        --entrypoint python "$image"
    "$@" -m stack.secrets /secrets
    # shellcheck disable=SC2046
    "$@" -m stack.certificates /secrets/tls $(hosts)
    echo "$COMPOSE_PROFILES" >"$chosen"
}

start() {
    docker compose up --detach --wait --wait-timeout 600
    on_gateway gridseal up
}

on_gateway() {
    docker compose exec -T gateway "$@"
}

# A command on the volume of a host that does not run, with the folder of the copy.
on_volume() {
    host=$1
    shift
    docker volume inspect "${project}_$host" >/dev/null
    docker run --rm --network none --user 0 --volume "${project}_$host:/volume" --volume "$folder:/copy" \
        --entrypoint sh "$image" -c "$*"
}

verb=${1:-}
case "$verb" in
    backup | restore)
        case "${2:-}" in
            '') usage ;;
            /*) folder=$2 ;;
            *) folder=$asked_from/$2 ;;
        esac
        ;;
esac

case "$verb" in
    check) need_docker ;;
    build) need_docker; build ;;
    up)
        need_docker
        build
        secrets
        start
        echo "next:  make cluster-shell, or docker compose -f docker/compose.yaml exec gateway gridseal demo"
        ;;
    upgrade)
        need_docker
        build
        secrets
        if [ "$(on_gateway cat build/stamps/flink)" = "$(docker run --rm --entrypoint cat "$image" build/stamps/flink)" ]; then
            # The workers first, the one that leads last; each begins once everything has all its copies again.
            for host in worker2 worker1 database master gateway; do
                on_gateway python -m gridseal.cluster settle
                docker compose up --detach --no-deps --wait --wait-timeout 600 "$host"
                echo "$host runs the new image"
            done
            start
        else
            echo "the new version has other jars: all hosts at once, with the pipeline stopped meanwhile"
            on_gateway gridseal pipeline stop
            start
            on_gateway gridseal pipeline start
        fi
        on_gateway python -m gridseal.cluster settle
        ;;
    backup)
        need_docker
        mkdir -p "$folder"
        chmod 700 "$folder"
        on_gateway gridseal pipeline stop
        trap 'start; on_gateway gridseal pipeline start' EXIT
        on_gateway python -m gridseal.cluster keep
        # All that write to what is copied; the workers go on.
        # shellcheck disable=SC2046
        docker compose stop $(docker compose config --services | grep -v '^worker')
        for host in $KEPT; do
            on_volume "$host" "tar -C /volume --exclude ./run --exclude ./log --exclude ./data/kafka" \
                "--exclude ./data/zookeeper --exclude ./data/flink -czf /copy/$host.part . && chmod 600 /copy/$host.part"
        done
        last=0
        for host in $(workers); do
            found=$(on_volume "$host" "python -m gridseal.cluster last-block /volume/data/datanode")
            if [ "$found" -gt "$last" ]; then last=$found; fi
        done
        echo "$last" >"$folder/last-block"
        for host in $KEPT; do
            mv "$folder/$host.part" "$folder/$host.tar.gz"
        done
        trap - EXIT
        start
        on_gateway gridseal pipeline start
        # Only now: until the copy was whole, the one before was the one to go back to.
        on_gateway python -m gridseal.cluster forget
        ls -l "$folder"
        ;;
    restore)
        need_docker
        for host in $KEPT; do
            gzip --test "$folder/$host.tar.gz"
        done
        last=$(cat "$folder/last-block")
        # The master's broker comes back with nothing. The others must know that it lacks messages before they stop.
        # shellcheck disable=SC2046
        docker compose --profile '*' stop $(docker compose --profile '*' config --services | grep -v '^worker')
        sleep 15
        docker compose --profile '*' down
        docker compose create
        for host in $KEPT; do
            on_volume "$host" "find /volume -mindepth 1 -delete && tar -C /volume -xzf /copy/$host.tar.gz"
        done
        # What they remember of jobs, and later blocks, are of another time than the files.
        for host in $(workers); do
            on_volume "$host" "rm -rf /volume/data/zookeeper &&" \
                "python -m gridseal.cluster remove-blocks-after $last /volume/data/datanode"
        done
        start
        on_gateway gridseal pipeline start
        ;;
    status)
        need_docker
        docker compose ps
        docker compose exec gateway gridseal status
        ;;
    shell) need_docker; docker compose exec gateway bash ;;
    # The containers beside the gateway stand in profiles, and go as well.
    down) need_docker; docker compose --profile '*' down ;;
    clean) need_docker; docker compose --profile '*' down --volumes; rm -f "$chosen" ;;
    *) usage ;;
esac
