# What the scripts of this folder share: a place to work in, processes on a core of their own, what they
# have used, medians. Sourced, with `NAME` saying who sources it.
# shellcheck shell=bash

PROFILE="${PROFILE:-release}"
CORE=0                              # whoever is measured
OTHER=1                             # whoever is asked, and whoever asks
: "${NAME:?}"

fail() {
    echo "bench/$NAME: $*" >&2
    exit 1
}

# need TOOL…
need() {
    local tool
    for tool in "$@"; do
        command -v "$tool" >/dev/null ||
            fail "$tool is needed (Debian: nginx util-linux curl procps python3-venv nodejs npm)"
    done
    [ "$(nproc)" -ge 2 ] || fail 'two cores are needed: one to measure, one to load'
}

target="${CARGO_TARGET_DIR:-target}"
bin="$target/$PROFILE"
# On the disk that holds the build, since a commit in memory would cost nothing.
mkdir -p "$target/bench"
work="$(cd "$(mktemp -d "$target/bench/XXXXXX")" && pwd)"
started=()

clean_up() {
    local pid
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait 2>/dev/null || true
    rm -rf "$work" "${more_to_remove[@]}"
}
more_to_remove=()
trap clean_up EXIT

# Runs a server on a core and remembers its pid in `last`.
run_on() {
    local core="$1"
    shift
    taskset -c "$core" "$@" &
    last=$!
    started+=("$last")
}

wait_for() {
    local tries=0
    until curl -so /dev/null --fail --max-time 1 "$@"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || fail "nothing answers at $*: $(tail -n 5 "$work"/*.log)"
        sleep 0.1
    done
}

# A process and its children.
family() {
    echo "$1"
    pgrep -P "$1" || true
}

# User and system time of a process and its children, in clock ticks.
ticks() {
    local pid sum=0
    for pid in $(family "$1"); do
        # The name in parentheses is cut off, since it may hold anything.
        sum=$((sum + $(sed 's/.*) //' "/proc/$pid/stat" | awk '{print $12 + $13}')))
    done
    echo "$sum"
}

# Resident memory of a process and its children, in MiB.
resident() {
    local pid sum=0
    for pid in $(family "$1"); do
        sum=$((sum + $(awk '/VmRSS/ { print $2 }' "/proc/$pid/status")))
    done
    awk -v kib="$sum" 'BEGIN { printf "%.1f", kib / 1024 }'
}

# median NAME COLUMN: of the lines of the results that begin with that name.
median() {
    awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$work/results" | sort -g |
        awk '{ value[NR] = $1 }
             END { if (NR) print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2 }'
}

# spread NAME COLUMN: the least and the most of them.
spread() {
    awk -v name="$1" -v column="$2" '$1 == name { print $column }' "$work/results" | sort -g |
        awk 'NR == 1 { least = $1 } { most = $1 } END { printf "%.1f-%.1f", least, most }'
}

machine() {
    sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1
}

# gateway_settings FOLDER PORT ADMIN UPSTREAM [WORKERS [ALGORITHM]]: with everything on. Prints them.
gateway_settings() {
    local folder="$1" port="$2" admin="$3" upstream="$4" workers="${5:-1}" algorithm="${6:-RS256}"
    cat <<SETTINGS
[server]
listen = "127.0.0.1:$port"
admin_listen = "127.0.0.1:$admin"
public_url = "http://127.0.0.1:$port"
workers = $workers

[provider]
token_base_url = "$upstream"
api_base_url = "$upstream"
client_id = "bench"
pass_key = "bench-pass-key"
user_id_type = "BENCH"

[provider.onboarding_partner]
sdk = "BENCH-SDK"

[provider.sdk]
base_url = "$upstream/"
environment = "STAGING"

[[auth.issuers]]
use = "app"
issuer = "https://login.bench.example/"
audience = "kyc-gateway"
algorithms = ["$algorithm"]
public_key_file = "$work/issuer.pem"

[[callbacks.headers]]
name = "x-callback-key"
value = "bench-callback-value-of-enough-length"

# All users of the load are one app's, and it is the work that is measured, not the refusal.
[limits]
app_requests_per_minute = 100000000

[storage]
url = "sqlite://$folder/data/gerbang.db"
SETTINGS
}
