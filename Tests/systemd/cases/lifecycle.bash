# Readiness, a slow start, a start that fails, kill -9, and the sentence in `systemctl status`.

. Tests/systemd/observe.bash
install_daemon
configure
simulate

# MARK: Ready

preload
check "the start returns" systemctl start activationd
# At once: whoever is ordered After= this service may ask now.
check "the control socket answers the moment the start returns" exits 0 activationctl --json status
check "the journal is there" test -s /var/lib/private/activationd/journal.sqlite
check "readiness is the first that systemd hears, and comes with a sentence" \
    told_that 'messages[0][1].startswith("READY=1|STATUS=idle; 1 campaign")'
check "systemctl status shows the sentence" status_says "^idle; 1 campaign$"
check "the journal has it after the configuration" \
    test "$(journal '[e["MESSAGE"][:5] for e in entries if e.get("SYSLOG_IDENTIFIER") == "activationd"]')" = "['confi', 'sale:', 'ready']"
systemctl stop activationd

# Longer than systemd waits for a start that says nothing.
preload Environment=WEDGE_START_MS=3000 TimeoutStartSec=2
rm $notifications
begin=$EPOCHREALTIME
systemctl start --no-block activationd
check "a slow start says what it does" within 3 status_says "^checking the journal, for "
check "it is not ready meanwhile" property_is ActiveState activating
check "nor can anybody connect" refused test -S /run/activationd/control.sock
check "it becomes ready, later than TimeoutStartSec=" within 10 property_is ActiveState active
check "and took that long" awk "BEGIN { exit !($EPOCHREALTIME - $begin > 2.9) }"
check "it was not ended in between" property_is NRestarts 0
check "each extension reaches over the next" told_that '[m for t, m in messages].index("EXTEND_TIMEOUT_USEC=15000000") == 0'
check "once ready, nothing is extended" told_that \
    '(ready := [m[:7] for t, m in messages].index("READY=1")) > 1 and not any("EXTEND" in m for t, m in messages[ready:])'
check "the status is about now" status_says "^idle; 1 campaign$"
systemctl stop activationd

# MARK: A faulty file

preload
cat >> /etc/activationd/activationd.toml << 'END'
schedul = "Fri 17:00"

[campaign.spring]
schedule = "Fri 25:00"
activate = [{ dataflow = "11111111-aaaa-4aaa-8aaa-000000000001", audiences = [] }]
END
begin=$EPOCHREALTIME
check "a start with a faulty file fails" refused systemctl start activationd 2> /dev/null
check "at once" awk "BEGIN { exit !($EPOCHREALTIME - $begin < 2) }"
check "with 78" property_is ExecMainStatus 78
check "the service has failed" property_is ActiveState failed
faults=$(activationctl --json check /etc/activationd/activationd.toml 2> /dev/null | python3 -c 'import json, sys; print(len(json.load(sys.stdin)["faults"]))')
check "activationctl check knows several faults" test "${faults:-0}" -ge 3
check "the journal has each as one entry" \
    test "$(journal 'sum(e.get("EVENT") == "configuration-fault" for e in entries)')" = "$faults"
check "as errors, with file, line, column, code, and where the catalog has them" test "$(journal 'all(
    e["PRIORITY"] == "3" and e["CONFIG_FILE"] == "/etc/activationd/activationd.toml" and int(e["CONFIG_LINE"]) > 15
    and int(e["CONFIG_COLUMN"]) > 0 and re.fullmatch("[a-z-]+", e["FAULT_CODE"]) and e["MESSAGE_ID"] == "4a5de2c8f14f486d997a25ce692721a1"
    for e in entries if e.get("EVENT") == "configuration-fault")')" = True
check "its lines are kept together: the place, the line of the file, and the mark below" journal_has \
    'e.get("FAULT_CODE") == "unknown-key" and e["MESSAGE"].count("\n") >= 2 and "schedul = \"Fri 17:00\"" in e["MESSAGE"] and "^^^" in e["MESSAGE"] and e["CONFIG_LINE"] == "'"$(grep -n '^schedul ' /etc/activationd/activationd.toml | cut -d: -f1)"'"'
check "systemctl status tells the first" status_says "^not started, $faults faults in 1 file: /etc/activationd/activationd.toml:[0-9]*:1: "
sleep 0.5 # longer than RestartSec=
check "it is not started again" test "$(property ActiveState) $(property NRestarts)" = "failed 0"
configure
check "mended, it starts" systemctl start activationd
check "and says so" status_says "^idle; 1 campaign$"

# MARK: kill -9

check "a delivery" exits 0 activationctl fire sale --wait
systemctl stop activationd
rm -r /etc/systemd/system/activationd.service.d
systemctl daemon-reload
# What a start reads is in proportion to the journal. A debug build takes three times as long for it as a release does.
records=${RECORDS:-10000}
check "a journal of $records records" python3 Tests/systemd/history.py /var/lib/private/activationd/journal.sqlite "$records"
check "the daemon takes it for its own" systemctl start activationd
check "it was checked as a whole" entry "MESSAGE=the whole journal was checked and is sound"
cat > "$work/kill.py" << 'END'
import os, signal, subprocess, time

def show():
    names = ["MainPID", "ActiveState", "ActiveEnterTimestampMonotonic"]
    lines = subprocess.run(["systemctl", "show", "activationd", "-p", ",".join(names)], capture_output=True, text=True).stdout
    return dict(line.split("=", 1) for line in lines.splitlines())

took = []
for _ in range(5):
    killed, begin = show()["MainPID"], time.monotonic()
    os.kill(int(killed), signal.SIGKILL)
    while (now := show())["ActiveState"] != "active" or now["MainPID"] == killed:
        assert time.monotonic() - begin < 20
        time.sleep(0.05)
    took.append(int(now["ActiveEnterTimestampMonotonic"]) / 1e6 - begin)
print(*(f"{seconds:.2f}" for seconds in sorted(took)))
END
took=$(python3 "$work/kill.py")
echo "        kill -9 to READY=1: $took s"
# The middle one: the machine may have other work at any moment.
check "killed, it is ready again within 1.5 s" awk "BEGIN { split(\"$took\", of); exit !(of[3] > 0 && of[3] <= 1.5) }"
newest() { activationctl --json show sale | python3 -c 'import json, sys; print(json.load(sys.stdin)["summary"]["last"]["occurrence"])'; }
check "and knows what was" test "$(newest)" -gt $((records / 8))
check "it was systemd that started it again" property_is NRestarts 5
check "it stops" systemctl stop activationd
check "and ends well" property_is Result success

# MARK: The sentence

preload
systemctl start activationd
for number in {01..20}; do
    printf '[campaign.more-%s]\nactivate = [{ dataflow = "%s", audiences = ["%s"] }]\n' "$number" $flow $audience
done >> /etc/activationd/activationd.toml
check "more campaigns" exits 0 activationctl reload
tell_platform exports '{ "durationMilliseconds": 60000 }'
rm $notifications
# Each of these changes the sentence: one more waits.
for number in {01..20}; do
    activationctl fire "more-$number" > /dev/null
    sleep 0.15
done
check "the sentence follows what happens" within 3 status_says "^20 waiting (export closed since .*); 21 campaigns$"
check "it was told again and again" test "$(told 'sum(m.startswith("STATUS=") for t, m in messages)')" -ge 3
check "but not more than once a second" told_that \
    '(times := [t for t, m in messages if "STATUS=" in m]) and all(b - a >= 990_000 for a, b in zip(times, times[1:]))'
