# What the cases are made of. $work holds the programs (bin), their libraries (lib), and is gone after the case.
#
# A case is a script that calls `check` for each thing that must hold, and goes on after one that does not. It begins with
# `install_daemon`; `simulate` and `configure` give the daemon a platform and a configuration.

failures=0

# MARK: Verdicts

check() { # WHAT COMMAND...: the command must succeed
    local what=$1
    shift
    if "$@"; then echo "ok      $what"; else
        echo "FAILED  $what"
        failures=$((failures + 1))
    fi
}
refused() { ! "$@"; } # COMMAND...: for `check`
exits() { # CODE COMMAND...: that exit code, and what it said in $work/out and $work/err
    local code=$1
    shift
    "$@" > "$work/out" 2> "$work/err"
    local status=$?
    [ $status = "$code" ] || { echo "        exit $status, not $code: $*"; tail -n 3 "$work/out" "$work/err"; return 1; }
}
skip() { echo "skipped $*"; } # in words: WHAT: WHY
within() { # SECONDS COMMAND...: until it succeeds
    local end=$((${EPOCHREALTIME/./} + ${1} * 1000000))
    shift
    until "$@"; do
        [ "${EPOCHREALTIME/./}" -lt $end ] || return 1
        sleep 0.05
    done
}
give_up() { # WHY: nothing after this would tell anything
    echo "FAILED  $*"
    failures=$((failures + 1))
    finish
}
finish() {
    if [ $failures -gt 0 ]; then
        echo "-------- the journal's end"
        journalctl --sync
        journalctl --no-pager -o short-precise -n 80
        exit 1
    fi
    exit 0
}

# MARK: The host's side: programs, units, secrets, configuration

share_libraries() { cp "$work"/lib/* "/usr/lib/$(uname -m)-linux-gnu/" 2> /dev/null; } # those of Swift, for a debug build
install_daemon() { # as an admin does, with PREFIX=/usr
    share_libraries
    make -s install PREFIX=/usr PROGRAMS="$work/bin" > "$work/install" 2>&1 || { cat "$work/install"; give_up "make install"; }
    secret adobe-client-secret simulated-secret
}
secret() { # NAME VALUE [INSTANCE]: into the credential store, for activationd or activationd@INSTANCE
    install -m 600 /dev/stdin "/etc/credstore/activationd${3:+@$3}.$1" <<< "$2"
}
drop_in() { # NAME [UNIT]: standard input
    local directory=/etc/systemd/system/${2:-activationd.service}.d
    mkdir -p "$directory"
    cat > "$directory/$1.conf"
    systemctl daemon-reload
}
shipped_drop_in() { # NAME [UNIT]: one of systemd/drop-ins
    drop_in "$1" "${2:-activationd.service}" < "/usr/share/doc/activationd/drop-ins/$1.conf"
}

flow=11111111-aaaa-4aaa-8aaa-000000000001
audience=22222222-bbbb-4bbb-8bbb-000000000001

configure() { # [INSTANCE [URL]]: one campaign, "sale", fired by hand
    local directory=/etc/activationd${1:+@$1} url=${2:-http://127.0.0.1:8080}
    mkdir -p "$directory"
    cat > "$directory/activationd.toml" << END
[platform]
organization = "5555467B5D8013E50A494220@AdobeOrg"
sandbox = "prod"
url = "$url"

[platform.credentials]
client_id = "0123456789abcdef"
client_secret = { credential = "adobe-client-secret" }
token_url = "$url/ims/token/v3"

[polling]
run = "200ms"

[campaign.sale]
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]
END
}
simulate() { # [PORT [SCENARIO [ARGUMENT...]]]: the simulated platform, until the end of the case
    local port=${1:-8080} scenario=${2:-Tests/systemd/scenario.json}
    shift $(($# < 2 ? $# : 2))
    "$work/bin/platform-simulator" --scenario "$scenario" --port "$port" --ready-file "$work/ready.$port" "$@" \
        > "$work/platform.$port" 2>&1 &
    within 20 test -e "$work/ready.$port" || give_up "the simulated platform did not start"
}
ledger() { # PORT EXPRESSION: what Python makes of the platform's ledger, as `ledger`
    python3 -c '
import json, sys, urllib.request
ledger = json.load(urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/_simulator/ledger"))
print(eval(sys.argv[2]))' "$@"
}

# MARK: The service

property() { systemctl show "${2:-activationd}" -p "$1" --value; } # NAME [UNIT]
property_is() { [ "$(property "$1" "${3:-activationd}")" = "$2" ]; } # NAME VALUE [UNIT]
status_says() { property StatusText "${2:-activationd}" | grep -q "$1"; } # PATTERN [UNIT]
main_pid() { property MainPID "${1:-activationd}"; } # [UNIT]
entry() { # FIELD=VALUE...: an entry of the unit with all of them; of MESSAGE, VALUE is a part
    journalctl --sync
    journalctl -u "${unit:-activationd}" -o json --no-pager | python3 -c '
import json, sys
wanted = dict(pair.split("=", 1) for pair in sys.argv[1:])
entries = [json.loads(line) for line in sys.stdin]
sys.exit(not any(all(wanted[k] in str(e.get(k, "")) if k == "MESSAGE" else e.get(k) == wanted[k] for k in wanted) for e in entries))
' "$@"
}
as() { # USER[:GROUP,...] COMMAND...: as somebody with these groups and no others
    local user=${1%%:*} groups=(--clear-groups)
    [ "${1#*:}" = "$1" ] || groups=(--groups "${1#*:}")
    shift
    setpriv --reuid "$user" --regid "$(id -g "$user")" "${groups[@]}" "$@"
}

# MARK: TLS

authority() { # NAME: a certificate authority, $work/NAME.pem
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
        -keyout "$work/$1.key" -out "$work/$1.pem" 2> /dev/null
}
certify() { # AUTHORITY HOST: the certificate that the platform shows, $work/platform.pem with its key
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" -keyout "$work/next.key" -out "$work/next.csr" 2> /dev/null
    openssl x509 -req -in "$work/next.csr" -CA "$work/$1.pem" -CAkey "$work/$1.key" -CAcreateserial -days 2 \
        -extfile <(echo "subjectAltName=DNS:$2") -out "$work/next.pem" 2> /dev/null
    mv "$work/next.key" "$work/platform.key"
    mv "$work/next.pem" "$work/platform.pem"
}
serve_tls() { # PORT TARGET-PORT: in front of the simulated platform, until the end of the case; $work/tls.log says who was not trusted
    /usr/bin/python3 Tests/systemd/tls-proxy.py "$1" "$2" "$work/platform.pem" "$work/platform.key" >> "$work/tls.log" &
    within 10 bash -c ": < /dev/tcp/127.0.0.1/$1" 2> /dev/null
}
name_host() { # HOST ADDRESS: for everybody on this host
    { grep -v " $1\$" /etc/hosts; echo "$2 $1"; } > /etc/.hosts.new
    mv /etc/.hosts.new /etc/hosts
}
