# The journal: fields by which it can be searched, explanations of what needs a person, and errors that nothing swallows.

. Tests/systemd/observe.bash
install_daemon
configure
cat >> /etc/activationd/activationd.toml << END

[daemon]
log_level = "trace"

[limits]
backoff_base = "100ms"
END
sed -i 's/^run = .*/run = "200ms"\nsettle = "500ms"/' /etc/activationd/activationd.toml
simulate
check "the daemon starts" systemctl start activationd

# MARK: Fields

check "a delivery" exits 0 activationctl fire sale --wait
fields() { # EVENT FIELD...: an entry of that kind has these fields, with what they are about
    journal_has 'e.get("EVENT") == "'"$1"'" and all(e.get(name) for name in "'"${*:2}"'".split())'
}
check "an occurrence is due" fields occurrence-due CAMPAIGN OCCURRENCE
check "a call is sent" fields call-sending CALL
check "a run has started" fields activation-running CAMPAIGN OCCURRENCE ACTIVATION AUDIENCE DATAFLOW RUN_ID
check "it has ended" fields activation-ended CAMPAIGN OCCURRENCE ACTIVATION AUDIENCE DATAFLOW RUN_ID
check "the campaign has succeeded" fields succeeded CAMPAIGN OCCURRENCE
check "fields are what they say" journal_has 'e.get("EVENT") == "activation-ended" and (e["CAMPAIGN"], e["OCCURRENCE"], e["ACTIVATION"], e["AUDIENCE"],
    e["DATAFLOW"]) == ("sale", "1", "1.1", "'$audience'", "'$flow'") and re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", e["RUN_ID"])'
check "every request to the platform has its number, by which Adobe finds it" test "$(journal 'len({e["REQUEST_ID"] for e in entries
    if re.match("(GET|POST) ", e["MESSAGE"]) and re.fullmatch("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", e["REQUEST_ID"])})')" = \
    "$(ledger 8080 'sum(ledger["requests"].values())')"
check "journalctl finds it by them" grep -q "ended as succeeded" <(journalctl --no-pager CAMPAIGN=sale OCCURRENCE=1 RUN_ID="$(journal '[e["RUN_ID"] for e in entries if "RUN_ID" in e][0]')")

tell_platform faults '{ "request": "adhocrun", "kind": "server-error", "number": 1 }'
activationctl fire sale > /dev/null
check "a call that fails" within 5 fields activation-in-doubt CAMPAIGN OCCURRENCE ACTIVATION AUDIENCE DATAFLOW
check "has its request's number too" journal_has 'e.get("REQUEST_ID") and e["MESSAGE"].endswith("/adhocrun: 500")'
check "it is a warning" journal_has 'e.get("EVENT") == "activation-in-doubt" and e["PRIORITY"] == "4"'
check "made sure of, it is sent again" within 60 entry EVENT=succeeded CAMPAIGN=sale OCCURRENCE=2

sed 's/"runs": {/"runs": { "failingPercent": 100,/' Tests/systemd/scenario.json > "$work/failing.json"
simulate 8081 "$work/failing.json"
sed -i 's/:8080/:8081/; s/^backoff_base/attempts = 1\n&/' /etc/activationd/activationd.toml
cat >> /etc/activationd/activationd.toml << END

[campaign.failing]
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]
END
check "another platform" exits 0 activationctl reload
check "on which a campaign fails" exits 1 timeout 20 activationctl fire failing --wait
check "why is in the journal" journal_has 'e.get("EVENT") == "activation-ended" and e["CAMPAIGN"] == "failing" and ": the run ended as " in e["MESSAGE"] and e["RUN_ID"]'
check "and that a person is needed, with the catalog's number" journal_has 'e.get("EVENT") == "failed" and e["PRIORITY"] == "3"
    and e["CAMPAIGN"] == "failing" and e["OCCURRENCE"] == "3" and e["MESSAGE_ID"] == "803ab67ff3ec446a99904394e95eb274"'

# MARK: Explanations

numbers() { grep -o '[0-9a-f]\{32\}' | sort; }
check "the catalog explains every event that needs a person, and nothing else" test \
    "$(grep '^-- ' /usr/lib/systemd/catalog/activationd.catalog | numbers)" = "$(grep '^    case .* = "' Sources/LinuxShell/Log/MessageID.swift | numbers)"
check "journalctl knows all of them" test "$(journalctl --update-catalog; journalctl --list-catalog | grep -c ' activationd: ')" = \
    "$(grep -c '^-- ' /usr/lib/systemd/catalog/activationd.catalog)"
sed -i '1i faulty = 1' /etc/activationd/activationd.toml
activationctl reload > /dev/null 2>&1
explained() { journalctl --sync && journalctl -x --no-pager -u activationd EVENT="$1" | grep -q "^░░ .*$2"; }
check "journalctl -x explains a reload that was refused" explained config-rejected "Subject: A reload was refused"
check "and what to do" explained config-rejected "    activationctl check"
check "and each fault" explained configuration-fault "Subject: "
check "and a campaign that failed, by its name" explained failed "Subject: Campaign failing failed"
unnumbered() { journal '[e["MESSAGE"] for e in entries if e.get("PRIORITY") in ("0", "1", "2", "3") and e.get("SYSLOG_IDENTIFIER") == "activationd" and "MESSAGE_ID" not in e]'; }
check "no error of the daemon is without an explanation" test "$(unnumbered)" = "[]"

# MARK: Much

check "journald does not limit the service" property_is LogRateLimitIntervalUSec 0
cat > "$work/flood.py" << 'END'
import json, socket

def order(target, **body):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect("/run/activationd/control.sock")
        text = json.dumps(body).encode()
        client.sendall(f"POST {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(text)}\r\n\r\n".encode() + text)
        answer = b""
        while part := client.recv(65536): answer += part
        return answer.split(b" ")[1].decode()

seen = set()
for number in range(1500):
    seen.add(order("/v1/pause", campaign="sale", reason=f"number {number}"))
    seen.add(order("/v1/resume", campaign="sale"))
    if number % 10 == 0: seen.add(order("/v1/reload"))
print(sorted(seen))
END
refusals() { journal '[sum(e.get("EVENT") == event for e in entries) for event in ["config-rejected", "configuration-fault"]]'; }
check "3,000 orders, and 150 that are refused" test "$(python3 "$work/flood.py")" = "['200', '422']"
cat > "$work/count.py" << 'END'
import json, sys

most, count, begin = 0, 0, None
for line in sys.stdin:
    entry = json.loads(line)
    if entry.get("SYSLOG_IDENTIFIER") != "activationd": continue
    time = int(entry["__MONOTONIC_TIMESTAMP"])
    if begin is None or time - begin >= 30_000_000: begin, count = time, 0
    count += int(entry["PRIORITY"]) > 4
    most = max(most, count)
print(most)
END
journalctl --sync
most=$(journalctl -u activationd -o json --all --no-pager | python3 "$work/count.py")
check "of what is no trouble a part is told: $most in 30 s" test "$most" -le 2010
check "of errors each" test "$(refusals)" = "[151, 151]"
