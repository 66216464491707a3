# The client secret and the token are nowhere but where they belong: not with any log level, not with any failing answer, not
# after a crash. The platform of this case repeats them in everything that it says.

. Tests/systemd/observe.bash
install_daemon
configure
# Of both a part that has no other form in a URL or in JSON, and around it what has.
secret_core=SecretCanary7f3a9c51d8e24b60aa17
token_core=TokenCanary2b84e6f0c39d5718be6402
secret adobe-client-secret "s/+=&%\"\\ $secret_core +/s"
sed -i 's/^run = .*/run = "20ms"\nrun_max = "20ms"\ngate = "20ms"\ngate_freshness = "1s"\nsettle = "100ms"/' /etc/activationd/activationd.toml
cat >> /etc/activationd/activationd.toml << END

[daemon]
log_level = "trace"

[limits]
calls_per_minute = 100000
attempts = 100
backoff_base = "5ms"
backoff_max = "10ms"
request_timeout = "5s"
END
python3 Tests/systemd/indiscreet-platform.py 8080 "eyJ.$token_core/+=.sig" $flow $audience &
platform() { python3 -c 'import sys, urllib.request; print(urllib.request.urlopen("http://127.0.0.1:8080" + sys.argv[1], b"").read().decode())' "$1" 2> /dev/null; }
within 10 platform /_told > /dev/null || give_up "the platform does not start"

# MARK: Where to look

cat > "$work/search.py" << 'END'
# search.py FILE...: exits with 1 and says where, if any form of a canary is in a file. "-" is standard input.
import base64, os, sys, urllib.parse

forms = {}
for core in os.environ["CANARIES"].split():
    for part in [core, core[:16], core[-16:]]:
        raw = part.encode()
        forms[part, "plain"] = raw
        forms[part, "backwards"] = raw[::-1]
        forms[part, "hexadecimal"] = raw.hex().encode()
        forms[part, "in a URL"] = "".join(f"%{byte:02x}" for byte in raw).encode()
        forms[part, "UTF-16"] = part.encode("utf-16-le")
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + raw)
            # Without what depends on the bytes before and after.
            forms[part, f"base64, {offset}"] = coded[4 if offset else 0 : len(coded) - 4]
found = False
for path in sys.argv[1:]:
    try:
        data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()
    except OSError:
        continue
    low = data.lower()
    for (part, name), form in forms.items():
        # Base64 is told by its letters' case; of the rest the case does not matter.
        at = data.find(form) if "base64" in name else low.find(form.lower())
        if at >= 0:
            print(f"        {path}: {part} {name}: …{data[max(0, at - 120):at + 40]!r}")
            found = True
            break
sys.exit(found)
END
export CANARIES="$secret_core $token_core"
search() { python3 "$work/search.py" "$@"; }
touch "$work/begin"
search_files() { # PLACE...: what was written there since the case began
    find "$@" -type f -newer "$work/begin" -not -path '/run/credentials/*' -not -path "$work/*" 2> /dev/null | xargs -r -d '\n' python3 "$work/search.py"
}
search_journal() {
    journalctl --sync
    journalctl -o export --all --no-pager | search -
}
search_commands() { # every question, and orders that fail
    local command json
    for json in "" --json; do
        for command in status campaigns "show sale" "explain sale" "history --limit 1000" "history --details --limit 1000" queue runs check \
            "fire missing" "cancel 99" "resolve 1.1" "reload"; do
            # shellcheck disable=SC2086
            activationctl $json $command 2>&1
        done
    done > "$work/said"
    search "$work/said"
}
nowhere() { # WHEN
    check "$1: not in the journal, in any field" search_journal
    check "$1: not in the state directory" search_files /var/lib/private/activationd
    check "$1: not in any other file" search_files /run /tmp/systemd-private-* /var/tmp /var/lib/systemd /usr/lib/activationd
    check "$1: not in arguments and environment" search "/proc/$(main_pid)/cmdline" "/proc/$(main_pid)/environ" "/proc/$(main_pid)/comm"
    check "$1: not in the output of activationctl" search_commands
    check "$1: not in the status" search - < <(systemctl show activationd; systemctl status activationd --no-pager -n 0)
}
check "the search finds each form" test "$(
    for form in "$secret_core" "$(base64 -w 0 <<< "xy$secret_core")" "$(base64 -w 0 <<< "$token_core")" "$(od -An -v -tx1 <<< "$token_core" | tr -d ' \n')" "${token_core:3:28}x"; do
        search - <<< "before $form after" > /dev/null || echo found
    done | wc -l)" = 4

# MARK: Every failing answer

check "the daemon starts" systemctl start activationd
fired=0
last() { activationctl --json show sale | python3 -c 'import json, sys; last = json.load(sys.stdin)["summary"].get("last", {}); print(last.get("occurrence"), last.get("outcome"))'; }
has_ended() { [[ $(last) = "$fired "* ]]; }
deliver() { # tries again what is set aside for a person, as two doubts in a row are
    local try
    for try in {1..15}; do
        fired=$((fired + 1))
        activationctl fire sale > /dev/null && within 20 has_ended || return 1
        [ "$(last)" != "$fired succeeded" ] || return 0
        activationctl resolve "$fired.1" --abandon > /dev/null 2>&1
    done
    return 1
}
failed_in_all_ways() {
    platform /_told | python3 -c '
import json, sys
told = json.load(sys.stdin)
ways = told.pop("ways")
sys.exit(len(told) != 5 or min(told.values()) <= ways)'
}
check "everything that is asked fails, and then succeeds" deliver
check "all of it in every way" failed_in_all_ways
check "the daemon told of it" test "$(journal 'len([e for e in entries if "[removed]" in e["MESSAGE"]])')" -ge 10

for level in debug info notice warning error critical; do
    sed -i "s/^log_level = .*/log_level = \"$level\"/" /etc/activationd/activationd.toml
    platform /_again/3 > /dev/null
    activationctl reload > /dev/null 2>&1
    check "the same at $level, in short" deliver
done

# MARK: Crashes

check "its memory is nobody's: /proc belongs to root" test "$(stat -c %U:%G /proc/"$(main_pid)"/{environ,maps,mem,fd} | sort -u)" = root:root
own() { setpriv --reuid "$(stat -c %u "/proc/$(main_pid)")" --regid "$(stat -c %g "/proc/$(main_pid)")" --clear-groups "$@" 2> /dev/null; }
check "not even its own user reads it" refused own cat "/proc/$(main_pid)/environ"
check "nor attaches to it" refused own head -c 1 "/proc/$(main_pid)/mem"
check "no core file may be written" grep -q "^Max core file size  *0  *0 " "/proc/$(main_pid)/limits"
check "the secret is in its directory, for its user alone" test "$(stat -c %a /run/credentials/activationd.service)" = 500
check "others do not get there" refused as nobody cat /run/credentials/activationd.service/adobe-client-secret 2> /dev/null
for signal in SEGV ABRT BUS ILL; do
    before=$(main_pid)
    systemctl kill -s $signal activationd
    is_another() { [ "$(main_pid)" != "$before" ] && property_is ActiveState active; }
    check "after SIG$signal it starts again" within 5 is_another
done
check "nothing was printed" test "$(journal '[e["MESSAGE"] for e in entries if e["_TRANSPORT"] == "stdout" and e["_COMM"] == "activationd"]')" = "[]"
check "nothing was dumped" test -z "$(find /usr/lib/activationd /var/lib/private/activationd /run /tmp/systemd-private-* /var/lib/systemd/coredump -iname '*core*' -type f -newer "$work/begin" 2> /dev/null)"
nowhere "at any level, and after crashes"

# MARK: Encrypted

systemctl stop activationd
shipped_drop_in encrypted-credentials
systemd-creds encrypt --with-key=host --name=adobe-client-secret \
    /etc/credstore/activationd.adobe-client-secret /etc/credstore.encrypted/activationd.adobe-client-secret 2> /dev/null
rm /etc/credstore/activationd.*
sed -i "s/^log_level = .*/log_level = \"trace\"/" /etc/activationd/activationd.toml
platform /_again/3 > /dev/null
check "with an encrypted secret it starts" systemctl start activationd
check "and delivers" deliver
check "on disk the secret is encrypted" search_files /etc
nowhere "with an encrypted secret"
