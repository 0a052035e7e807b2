#!/usr/bin/env bash
# An engine of a test's own, which the test may kill, with a swarm of its own: in a network of its own, since a second engine beside the
# first one would take its bridge away, and with a registry there that reads what the first one holds.
#
#   apart.sh up NAME     starts it, unless it runs; the last line on stdout is its DOCKER_HOST. Needs what up.sh has made
#   apart.sh kill NAME   kills the engine by SIGKILL, and nothing else
#   apart.sh down NAME   ends it with all that runs in it, and removes it
#
# Ends with 77 where it cannot be.
set -euo pipefail

action=${1:?up, kill or down} name=${2:?a name}
run=${REAL_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/patchcontainers-real}/run
apart=$run/apart-$name
docker=/usr/bin/docker
export DOCKER_HOST=unix://$apart/docker.sock DOCKER_CLI_HINTS=false

# The number may belong to someone else by now.
is_running() { [ -f "$apart/$1.pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$apart/$1.pid")/cmdline" | grep -qF "$apart/"; }

start() {
    local what=$1
    shift
    is_running "$what" && return
    setsid nsenter --net="$apart/net" "$@" >>"$apart/$what.log" 2>&1 </dev/null &
    echo $! >"$apart/$what.pid"
}

# stop WHAT SIGNAL: and waits until it has ended.
stop() {
    is_running "$1" && kill "-$2" "$(cat "$apart/$1.pid")"
    for _ in $(seq 1 120); do
        is_running "$1" || { rm -f "$apart/$1.pid"; return 0; }
        sleep 0.25
    done
    echo "$1 did not end; see $apart/$1.log" >&2
    return 1
}

wait_for() {
    local what=$1 _
    shift
    for _ in $(seq 1 240); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.25
    done
    echo "$what did not come up: $*" >&2
    tail -n 15 "$apart/$what.log" >&2
    return 1
}

up() {
    if [ ! -e "$apart/net" ]; then
        unshare --net true 2>/dev/null || { echo 'This account may make no network of its own.' >&2; exit 77; }
        mkdir -p "$apart"
        touch "$apart/net"
        unshare --net="$apart/net" ip link set lo up
        cp "$run/registry.yml" "$apart/registry.yml"
    fi
    start registry docker-registry serve "$apart/registry.yml"
    if ! is_running docker; then
        # What was killed left its files behind, whose numbers may be other programs' by now.
        rm -f "$apart/docker-own.pid" "$apart/docker.sock"
        pgrep -f "$apart/exec/containerd/containerd.toml" >/dev/null || rm -f "$apart/exec/containerd/containerd.pid"
    fi
    start docker dockerd -H "$DOCKER_HOST" --data-root "$apart/docker" --exec-root "$apart/exec" --pidfile "$apart/docker-own.pid"
    wait_for docker "$docker" version
    [ "$("$docker" info --format '{{.Swarm.LocalNodeState}}')" != inactive ] || "$docker" swarm init --listen-addr 127.0.0.1:2377 \
        --advertise-addr 127.0.0.1 --data-path-addr 127.0.0.1 >/dev/null
    wait_for docker "$docker" node ls
    echo "$DOCKER_HOST"
}

# Containers outlive an engine that was killed: only an engine ends them.
down() {
    [ -e "$apart" ] || return 0
    up >/dev/null
    "$docker" swarm leave --force >/dev/null
    "$docker" ps -aq | xargs -r "$docker" rm -fv >/dev/null
    stop docker TERM
    stop registry TERM
    awk -v apart="$apart/" 'index($2, apart) == 1 { print $2 }' /proc/mounts | sort -r | xargs -r umount
    rm -rf "$apart"
}

case $action in
    up) up ;;
    kill) stop docker KILL ;;
    down) down ;;
    *) echo "$action: up, kill or down" >&2; exit 2 ;;
esac
