#!/usr/bin/env bash
# Brings up what the real tests need: apt packages, a container engine that manages a swarm of its own, Podman, two registries, images made
# from Debian's own packages (an outdated Debian 12, the same with its security fixes, and applications built on the outdated one),
# and two Prometheus servers with a Pushgateway.
#
# Idempotent: what is installed, made or running is left as it is. down.sh stops what this script started, and nothing else.
# Needs root, Debian 12 and its apt sources. The last line on stdout is the file that the tests read (PATCHCONTAINERS_REAL).
#
#   REAL_DIR    where everything lies (default: the user's cache folder)
#   REAL_PORT   the registry (default 5055); +1 the registry that asks for a password, +20 Prometheus, +21 the one with TLS and a
#               password, +22 the Pushgateway
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
dir=${REAL_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/patchcontainers-real}
port=${REAL_PORT:-5055}
registry=127.0.0.1:$port
locked=127.0.0.1:$((port + 1))
prometheus=127.0.0.1:$((port + 20))
prometheus_locked=127.0.0.1:$((port + 21))
pushgateway=127.0.0.1:$((port + 22))
run=$dir/run
export DOCKER_HOST=unix://$run/docker.sock DOCKER_BUILDKIT=0 DOCKER_CLI_HINTS=false
# Debian's client beside Debian's engine: a newer one on PATH may refuse to speak to it.
docker=/usr/bin/docker

say() { printf '%s\n' "$*" >&2; }
mkdir -p "$run" "$dir/log"
exec 9>"$run/up.lock"
flock 9

install_missing() {
    local missing=()
    local package
    for package in docker.io docker-compose docker-registry skopeo umoci buildah podman debootstrap apache2-utils curl jq \
        prometheus prometheus-pushgateway openssl; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    # Packages start their services where an init system runs; ours are started by hand, with their own folders.
    apt-get update -q >"$dir/log/apt.log" 2>&1
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >>"$dir/log/apt.log" 2>&1 \
        || { tail -n 20 "$dir/log/apt.log" >&2; return 1; }
}

# start NAME COMMAND...: in the background, unless the process of the last time still runs.
start() {
    local name=$1
    shift
    if [ -f "$run/$name.pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$run/$name.pid")/cmdline" | grep -qF "$run"; then
        return
    fi
    say "starting $name"
    rm -f "$run/$name.sock" "$run/$name-own.pid"
    setsid "$@" >"$dir/log/$name.log" 2>&1 </dev/null 9>&- &
    echo $! >"$run/$name.pid"
}

wait_for() {
    local what=$1 i
    shift
    for i in $(seq 1 120); do
        "$@" >/dev/null 2>&1 && return
        sleep 0.5
    done
    say "$what did not come up; see $dir/log"
    tail -n 15 "$dir/log/$what.log" >&2
    return 1
}

start_services() {
    mkdir -p "$run/exec"
    # What was killed left its number behind, which may be another program's by now.
    pgrep -f "$run/exec/containerd" >/dev/null || rm -f "$run/exec/containerd/containerd.pid"
    start docker dockerd -H "unix://$run/docker.sock" --data-root "$dir/docker" --exec-root "$run/exec" --pidfile "$run/docker-own.pid"

    cat >"$run/registry.yml" <<EOF
version: 0.1
storage:
  filesystem:
    rootdirectory: $dir/registry
  delete:
    enabled: true
http:
  addr: $registry
EOF
    [ -f "$run/htpasswd" ] || htpasswd -Bbc "$run/htpasswd" tester 'correct horse' 2>/dev/null
    cat >"$run/registry-locked.yml" <<EOF
version: 0.1
storage:
  filesystem:
    rootdirectory: $dir/registry-locked
http:
  addr: $locked
auth:
  htpasswd:
    realm: locked
    path: $run/htpasswd
EOF
    start registry docker-registry serve "$run/registry.yml"
    start registry-locked docker-registry serve "$run/registry-locked.yml"
    wait_for registry curl -fsS "http://$registry/v2/"
    wait_for registry-locked curl -fsS -u 'tester:correct horse' "http://$locked/v2/"
    wait_for docker "$docker" version
    [ "$("$docker" info --format '{{.Swarm.LocalNodeState}}')" = active ] || "$docker" swarm init --listen-addr 127.0.0.1:2377 \
        --advertise-addr 127.0.0.1 --data-path-addr 127.0.0.1 >"$dir/log/swarm.log" 2>&1 || { tail -n 5 "$dir/log/swarm.log" >&2; return 1; }
}

# An authority, a server certificate for 127.0.0.1, and a client certificate that the server asks for.
make_certificates() {
    local tls=$run/prometheus-tls
    [ -f "$tls/done" ] && openssl x509 -checkend 86400 -noout -in "$tls/server.pem" >/dev/null && return
    rm -rf "$tls"
    mkdir -p "$tls"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj '/CN=test authority' \
        -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>"$dir/log/openssl.log"
    local name
    for name in server client; do
        openssl req -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout "$tls/$name.key" -out "$tls/$name.csr" 2>>"$dir/log/openssl.log"
        printf 'subjectAltName=IP:127.0.0.1\nextendedKeyUsage=%sAuth\n' "$name" >"$tls/$name.ext"
        openssl x509 -req -in "$tls/$name.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" -CAcreateserial -days 365 \
            -extfile "$tls/$name.ext" -out "$tls/$name.pem" 2>>"$dir/log/openssl.log"
    done
    touch "$tls/done"
}

start_monitoring() {
    make_certificates
    mkdir -p "$run/prometheus-targets"
    cat >"$run/prometheus.yml" <<EOF
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: tests
    file_sd_configs:
      - files: ['$run/prometheus-targets/*.json']
        refresh_interval: 1s
  - job_name: pushgateway
    honor_labels: true
    static_configs:
      - targets: ['$pushgateway']
EOF
    echo 'scrape_configs: []' >"$run/prometheus-locked.yml"
    cat >"$run/prometheus-web.yml" <<EOF
tls_server_config:
  cert_file: $run/prometheus-tls/server.pem
  key_file: $run/prometheus-tls/server.key
  client_ca_file: $run/prometheus-tls/ca.pem
  client_auth_type: RequireAndVerifyClientCert
basic_auth_users:
  tester: $(htpasswd -nbBC 5 tester 'correct horse' | cut -d: -f2)
EOF
    start pushgateway prometheus-pushgateway --web.listen-address="$pushgateway" --persistence.file="$run/pushgateway.data"
    start prometheus prometheus --config.file="$run/prometheus.yml" --storage.tsdb.path="$run/prometheus" \
        --storage.tsdb.retention.time=2h --web.listen-address="$prometheus"
    start prometheus-locked prometheus --config.file="$run/prometheus-locked.yml" --storage.tsdb.path="$run/prometheus-locked" \
        --web.listen-address="$prometheus_locked" --web.config.file="$run/prometheus-web.yml" \
        --web.external-url="https://$prometheus_locked/monitoring/"
    wait_for pushgateway curl -fsS "http://$pushgateway/-/ready"
    wait_for prometheus curl -fsS "http://$prometheus/-/ready"
    wait_for prometheus-locked curl -fsS -u 'tester:correct horse' --cacert "$run/prometheus-tls/ca.pem" \
        --cert "$run/prometheus-tls/client.pem" --key "$run/prometheus-tls/client.key" "https://$prometheus_locked/monitoring/-/ready"
}

# The outdated root: the suite's own packages, without a security update; and the same, upgraded.
make_roots() {
    [ -f "$dir/new.tar" ] && return
    say "making the outdated Debian 12 (a minute)"
    rm -rf "$dir/old" "$dir/new"
    debootstrap --variant=minbase --include=openssl,curl,libexpat1,python3-minimal,nginx-light \
        bookworm "$dir/old" http://deb.debian.org/debian >"$dir/log/debootstrap.log" 2>&1 || { tail -n 20 "$dir/log/debootstrap.log" >&2; return 1; }
    cp -a "$dir/old" "$dir/new"
    say "making the fixed one"
    printf 'deb http://deb.debian.org/debian bookworm main\ndeb http://deb.debian.org/debian-security bookworm-security main\n' \
        >"$dir/new/etc/apt/sources.list"
    cp /etc/resolv.conf "$dir/new/etc/resolv.conf"
    DEBIAN_FRONTEND=noninteractive chroot "$dir/new" sh -c 'apt-get update -q && apt-get upgrade -y -q' >"$dir/log/upgrade.log" 2>&1 \
        || { tail -n 20 "$dir/log/upgrade.log" >&2; return 1; }
    # The fixed root keeps the package indexes for the test of the version order; its image has none, like any base image.
    mkdir -p "$dir/lists"
    cp "$dir"/new/var/lib/apt/lists/*_Packages "$dir/lists/"
    write_fixes >"$dir/fixes.tsv"
    chroot "$dir/new" sh -c 'apt-get clean; rm -rf /var/lib/apt/lists/*'
    local root
    for root in old new; do
        # A container's own files are the engine's business.
        : >"$dir/$root/etc/resolv.conf"
        tar --numeric-owner --sort=name -C "$dir/$root" -cf "$dir/$root.tar.tmp" .
        rm -rf "${dir:?}/$root"
    done
    mv "$dir/old.tar.tmp" "$dir/old.tar"
    mv "$dir/new.tar.tmp" "$dir/new.tar"
}

# What the upgrade fixed, from the packages' own changelogs: source package, old version, CVE, fixed version. A CVE that took two
# uploads counts as fixed by the later one, which the changelog has first.
write_fixes() {
    local old=$dir/old new=$dir/new package before after source
    local format='${Package}\t${Version}\t${source:Package}\t${source:Version}\n'
    chroot "$old" dpkg-query -W -f "$format" | sort >"$run/old.list"
    chroot "$new" dpkg-query -W -f "$format" | sort >"$run/new.list"
    while IFS=$'\t' read -r package _ source before after; do
        [ "$before" = "$after" ] && continue
        [ -f "$new/usr/share/doc/$package/changelog.Debian.gz" ] || continue
        gzip -dc "$new/usr/share/doc/$package/changelog.Debian.gz" | awk -v source="$source" -v before="$before" '
            /^[a-z0-9]/ { version = $2; gsub(/[()]/, "", version); if (version == before) known = 1 }
            known { next }
            { line = $0
              while (match(line, /CVE-[0-9]+-[0-9]+/)) {
                cve = substr(line, RSTART, RLENGTH)
                line = substr(line, RSTART + RLENGTH)
                if (!seen[cve]++) print source "\t" before "\t" cve "\t" version
              } }'
    done < <(join -t $'\t' -o 1.1,1.2,1.3,1.4,2.4 "$run/old.list" "$run/new.list") | sort -u
}

push() { "$docker" push -q "$1" >/dev/null; }

make_images() {
    [ -f "$dir/images.done" ] && return
    say "building the images"
    local base=$registry/debian:12 app work=$run/build
    "$docker" import -c 'CMD ["/bin/bash"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$dir/old.tar" "$base" >/dev/null
    push "$base"

    rm -rf "$work"
    mkdir -p "$work"
    printf '#!/bin/sh\necho "shop is open"\nexec openssl version\n' >"$work/shop"
    chmod 755 "$work/shop"
    printf 'FROM %s\nCOPY shop /usr/local/bin/shop\nLABEL team=shop\nCMD ["shop"]\n' "$base" >"$work/copy.Dockerfile"
    printf 'FROM %s\nRUN useradd --create-home runner\nCOPY shop /usr/local/bin/shop\nUSER runner\nCMD ["shop"]\n' "$base" >"$work/useradd.Dockerfile"
    printf 'FROM %s\nRUN apt-get update && apt-get install -y --no-install-recommends less && rm -rf /var/lib/apt/lists/*\nCOPY shop /usr/local/bin/shop\nCMD ["shop"]\n' "$base" >"$work/install.Dockerfile"
    for app in copy useradd install; do
        "$docker" build -q --network host -f "$work/$app.Dockerfile" -t "$registry/apps/$app:1.0" "$work" >"$dir/log/build-$app.log" 2>&1 \
            || { tail -n 20 "$dir/log/build-$app.log" >&2; return 1; }
        push "$registry/apps/$app:1.0"
    done

    # buildah notes the base in annotations; it builds from the registry, so that the base has a digest.
    local storage=(--root "$dir/buildah" --runroot "$run/buildah" --storage-driver overlay)
    printf 'FROM %s\nCOPY shop /usr/local/bin/shop\nCMD ["shop"]\n' "$base" >"$work/buildah.Dockerfile"
    buildah "${storage[@]}" bud -q --isolation chroot --format oci --tls-verify=false -f "$work/buildah.Dockerfile" -t "$registry/apps/buildah:1.0" "$work" \
        >"$dir/log/buildah.log" 2>&1 || { tail -n 20 "$dir/log/buildah.log" >&2; return 1; }
    buildah "${storage[@]}" push -q --tls-verify=false "$registry/apps/buildah:1.0" >>"$dir/log/buildah.log" 2>&1

    # One image, saved by three tools.
    mkdir -p "$dir/archives"
    "$docker" save -o "$dir/archives/docker.tar" "$registry/apps/useradd:1.0"
    rm -f "$dir/archives/podman.tar" "$dir/archives/skopeo.tar"
    podman "${storage[@]}" pull -q --tls-verify=false "$registry/apps/useradd:1.0" >>"$dir/log/podman.log" 2>&1
    podman "${storage[@]}" save -q --format docker-archive -o "$dir/archives/podman.tar" "$registry/apps/useradd:1.0" >>"$dir/log/podman.log" 2>&1
    skopeo copy -q --src-tls-verify=false "docker://$registry/apps/useradd:1.0" "docker-archive:$dir/archives/skopeo.tar:$registry/apps/useradd:1.0"

    # The base's tag moves on: from now on the applications are stale.
    skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$base" >"$dir/old-base.digest"
    "$docker" import -c 'CMD ["/bin/bash"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' "$dir/new.tar" "$base" >/dev/null
    push "$base"
    skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$base" >"$dir/new-base.digest"
    touch "$dir/images.done"
}

# Podman speaks the same API. No init system makes groups for it here, and its default limits are more than an account may have.
start_podman() {
    local home=$run/podman
    mkdir -p "$home"
    printf '[containers]\ndefault_ulimits = ["nofile=%s:%s", "nproc=8192:8192"]\nlog_driver = "k8s-file"\n' "$(ulimit -Hn)" "$(ulimit -Hn)" >"$home/containers.conf"
    printf '[engine]\ncgroup_manager = "cgroupfs"\nruntime = "runc"\nevents_logger = "file"\n' >>"$home/containers.conf"
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$dir/podman" "$home/run" >"$home/storage.conf"
    local -x CONTAINERS_CONF=$home/containers.conf CONTAINERS_STORAGE_CONF=$home/storage.conf
    start podman podman system service --time=0 "unix://$run/podman.sock"
    wait_for podman curl -fsS --unix-socket "$run/podman.sock" http://localhost/_ping
    podman image exists "$registry/debian:12" || podman pull -q --tls-verify=false "$registry/debian:12" >>"$dir/log/podman.log" 2>&1
}

install_missing
make_roots
start_services
start_monitoring
make_images
start_podman
cat >"$run/real.env" <<EOF
DIR=$dir
REGISTRY=$registry
LOCKED_REGISTRY=$locked
DOCKER=$docker
DOCKER_HOST=$DOCKER_HOST
PODMAN_HOST=unix://$run/podman.sock
OLD_BASE=$(cat "$dir/old-base.digest")
NEW_BASE=$(cat "$dir/new-base.digest")
PROMETHEUS=http://$prometheus
PROMETHEUS_TARGETS=$run/prometheus-targets
PROMETHEUS_LOCKED=https://$prometheus_locked/monitoring
PROMETHEUS_TLS=$run/prometheus-tls
PUSHGATEWAY=http://$pushgateway
APART=$here/apart.sh
EOF
echo "$run/real.env"
