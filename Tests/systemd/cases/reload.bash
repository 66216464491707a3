# Reloads: good and faulty, by systemctl, by activationctl and by SIGHUP, a thousand of them in a second, and what else they read
# anew: secrets and time zones.

. Tests/systemd/observe.bash
install_daemon
configure
file=/etc/activationd/activationd.toml
mkdir -p /etc/activationd/zones/Europe /etc/activationd/campaigns.d
cp /usr/share/zoneinfo/Europe/Stockholm /etc/activationd/zones/Europe/
install -m 644 /dev/stdin /etc/activationd/secret <<< simulated-secret
sed -i 's|^client_secret = .*|client_secret = { file = "/etc/activationd/secret" }|' $file
cat >> $file << END

[limits]
backoff_base = "200ms"

[campaign.clock]
schedule = "2031-07-01 17:00"
timezone = "Europe/Stockholm"
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]
END
simulate
preload Environment=TZDIR=/etc/activationd/zones
check "the daemon starts" systemctl start activationd
pid=$(main_pid)

# MARK: Good

rm $notifications
cat > /etc/activationd/more << END
[campaign.more]
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]
END
cp /etc/activationd/more /etc/activationd/campaigns.d/more.toml
check "systemctl reload" systemctl reload activationd
check "what changed is in the journal" entry "MESSAGE=reloaded:   + more" PRIORITY=5
check "it is in use when systemctl reload returns" exits 0 activationctl fire more --wait
sed -i 's/^run = .*/run = "150ms"/' $file
check "activationctl reload" exits 0 activationctl reload
check "it lists what changed" grep -qx "  ~ settings: polling" "$work/out"
check "in the journal as well" entry "MESSAGE=reloaded:   ~ settings: polling"
sed -i 's/^run = .*/run = "200ms"/' $file
systemctl kill -s HUP activationd
polling_changed_again() { journal_has 'len([e for e in entries if "settings: polling" in e["MESSAGE"] and e["_COMM"] == "activationd"]) == 2 and e'; }
check "SIGHUP" within 5 polling_changed_again
reloaded_by() { activationctl --json history | grep -q "\"text\" : \"configuration $1 is in use (digest [0-9a-f]*), reloaded by $2\""; }
check "the history says who asked: systemctl" reloaded_by 2 "systemctl reload (uid [0-9]*)"
check "root" reloaded_by 3 "root (uid 0)"
check "a signal" reloaded_by 4 "a SIGHUP"

# MARK: Faulty

sed -i '1i faulty = "really"' /etc/activationd/campaigns.d/more.toml
refused_with_place() { # COUNT: of refusals so far
    test "$(journal '(lambda of: len(of) == '"$1"' and all(e["PRIORITY"] == "3" and e["FAULT_CODE"] == "unknown-key" and e["CONFIG_LINE"] == "1"
        and e["CONFIG_COLUMN"] == "1" and e["CONFIG_FILE"] == "/etc/activationd/campaigns.d/more.toml" and "^^^" in e["MESSAGE"] for e in of))(
        [e for e in entries if e.get("EVENT") == "configuration-fault"])')" = True
}
check "systemctl reload fails" refused systemctl reload activationd 2> /dev/null
check "the journal has file, line and column" refused_with_place 1
check "and that it was refused" entry EVENT=config-rejected PRIORITY=3 MESSAGE_ID=6db032f97d5e4fbda6bf99d1116f61e9
check "the service is active" property_is ActiveState active
check "the status tells the place, and what goes on" status_says \
    "^reload refused: /etc/activationd/campaigns.d/more.toml:1:1: .*; .*idle, next clock .*; 3 campaigns$"
check "activationctl reload exits with 78" exits 78 activationctl reload
check "and shows the fault" grep -q "^/etc/activationd/campaigns.d/more.toml:1:1: " "$work/err"
check "activationctl status tells it" grep -q "refused: /etc/activationd/campaigns.d/more.toml:1:1" <(activationctl status)
systemctl kill -s HUP activationd
check "SIGHUP is refused too" within 5 refused_with_place 3
check "the old configuration runs on" exits 0 activationctl fire more --wait
check "the old one is still told in the history as the newest" reloaded_by 4 "a SIGHUP"
check "in all this the status stays" status_says "^reload refused: "
sed -i 1d /etc/activationd/campaigns.d/more.toml
check "mended, systemctl reload succeeds" systemctl reload activationd
check "the status is clean" status_says "^idle, next clock .*; 3 campaigns$"
check "seven reloads, each RELOADING=1 with the time, then READY=1" told_that '(lambda of: len(of) == 14 and all(
    re.fullmatch("RELOADING=1[|]MONOTONIC_USEC=[0-9]+", a[1]) and 0 <= a[0] - int(a[1].split("=")[-1]) < 100_000
    and b[1].startswith("READY=1|STATUS=") for a, b in zip(of[::2], of[1::2])))([m for m in messages if m[1][:5] in ("RELOA", "READY")])'
check "systemd took each to its end" property_is ActiveState active

# MARK: Secrets and time zones

echo wrong-secret > /etc/activationd/secret
check "a reload with another secret" systemctl reload activationd
activationctl fire more > /dev/null
check "which the platform does not take: the status says so" within 5 status_says "^the platform refuses us since "
check "and the journal, for the catalog" entry EVENT=credentials PRIORITY=3 MESSAGE_ID=12127671a545444382af355ea4d4aceb
gate() { activationctl --json explain more | python3 -c 'import json, sys; print([g["state"] for g in json.load(sys.stdin)["occurrences"][0]["gates"] if g["gate"] == "credentials"])'; }
check "its gate is closed" test "$(gate)" = "['closed']"
echo simulated-secret > /etc/activationd/secret
check "a reload with the right one" systemctl reload activationd
check "it is delivered" within 10 status_says "^idle, "

next() { activationctl --json show clock | python3 -c 'import json, sys; print(json.load(sys.stdin)["coming"][0])'; }
check "a campaign in its zone" test "$(next)" = "2031-07-01T15:00:00.000Z"
cp /usr/share/zoneinfo/Asia/Tokyo /etc/activationd/zones/Europe/Stockholm
check "the zone's file has changed" systemctl reload activationd
check "and its times with it" test "$(next)" = "2031-07-01T08:00:00.000Z"

# MARK: Many

cat > "$work/storm.py" << 'END'
import os, signal, subprocess, sys, time

pid, file = int(sys.argv[1]), "/etc/activationd/campaigns.d/more.toml"
good = open(file).read()
orders, answers, last = [], [], f"{good}\n[campaign.last]\nenabled = false\n" + good.split("\n", 1)[1]
begin = time.monotonic()
for number in range(1000):
    # As an editor does: the file is always a whole one.
    with open(file + ".new", "w") as new:
        new.write(last if number == 999 else f"faulty = {number}\n" + good if number % 2 else f"# {number}\n" + good)
    os.rename(file + ".new", file)
    os.kill(pid, signal.SIGHUP)
    if number % 100 == 50:
        orders.append(subprocess.Popen(["activationctl", "reload"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    time.sleep(max(0, begin + number / 1000 - time.monotonic()))
print(f"{time.monotonic() - begin:.1f}", *sorted({order.wait(20) for order in orders}))
END
kilobytes() { awk -v name="$1:" '$1 == name { print $2 }' "/proc/$pid/status"; }
rm $notifications
before=$(kilobytes VmRSS)
echo 5 > "/proc/$pid/clear_refs" # VmHWM counts from here
activationctl fire sale > /dev/null
storm=$(python3 "$work/storm.py" "$pid")
echo "        the storm took ${storm%% *} s"
check "of ten orders in a storm of 1,000 signals each had its answer" test -n "$storm" -a -z "$(tr ' ' '\n' <<< "${storm#* }" | grep -vx '0\|78')"
knows_last() { activationctl --json show last > /dev/null 2>&1; }
check "the last file counts" within 5 knows_last
check "the status is clean" within 5 status_says "^idle, next clock .*; 4 campaigns$"
count=$(told 'sum(m.startswith("RELOADING") for t, m in messages)')
check "there were few reloads: $count" test "$count" -le $((10 + 2 + ${storm%%.*} + 1))
check "and the memory is bounded: $before kB before, $(kilobytes VmHWM) kB at most" test "$(kilobytes VmHWM)" -le $((before + 20000))
check "what was on its way is delivered, once" test "$(ledger 8080 '(sum(d["succeeded"] for d in ledger["deliveries"]), ledger["violations"])')" = "(4, [])"
check "it is the same process" test "$(main_pid)" = "$pid" -a "$(property NRestarts)" = 0
check "and it stops" systemctl stop activationd
