# The watchdog: each of the four parts that must work, wedged alone, is told of, killed and started again. A platform that hangs
# is not the daemon's fault, and neither is a full disk.

. Tests/systemd/observe.bash
install_daemon
configure
cat >> /etc/activationd/activationd.toml << END

[campaign.other]
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]
END
simulate
platform=$(jobs -p)
# Five instances, each with something of its own that hangs, all at once. What is wedged hangs for ever: the files are on the
# host's side, and a restart takes them away with the runtime directory.
instances="client journal control queue unreachable"
unit=activationd@ preload WatchdogSec=1500ms
preload WatchdogSec=1500ms
for instance in $instances; do configure $instance; done
check "the daemons start" systemctl start activationd activationd@{client,journal,control,queue,unreachable}
check "they take orders" exits 0 activationctl --instance queue pause --all
check "one of them delivers" exits 0 activationctl fire sale --wait

for instance in client journal control queue; do touch /run/activationd@$instance/wedge-$instance; done
rm /run/activationd@unreachable/control.sock # nobody can connect
activationctl --instance queue --timeout 3 resume --all > /dev/null 2>&1 & # the timer is set after an event

has_restarted() { property_is NRestarts 1 "$unit" && property_is ActiveState active "$unit"; }
for instance in $instances; do
    unit=activationd@$instance
    part=${instance/unreachable/control}
    check "$instance: systemd kills it, and starts it again" within 8 has_restarted
    check "$instance: the reason is in the journal before that" test "$(journal '(lambda silent, killed:
        [e["PART"] for e in silent if float(e["__MONOTONIC_TIMESTAMP"]) < float(killed[0]["__MONOTONIC_TIMESTAMP"])
            and e["PRIORITY"] == "3" and e["MESSAGE_ID"] == "e7565c6b8e3441d590b5936157b39eba"])(
        [e for e in entries if e.get("EVENT") == "watchdog-silent"],
        [e for e in entries if "Watchdog timeout" in e["MESSAGE"]])')" = "['$part']"
    check "$instance: it was the watchdog, and nothing else" test "$(journal '[
        sum(e["MESSAGE"].startswith("activationd@'$instance'.service: " + text) for e in entries)
        for text in ["Watchdog timeout", "Main process exited, code=killed, status=6/ABRT", "Main process exited"]]')" = "[1, 1, 1]"
    check "$instance: it is as before" exits 0 activationctl --instance $instance --json status
done
unit=activationd
check "what nobody has wedged was not killed" property_is NRestarts 0
systemctl stop activationd@{client,journal,control,queue,unreachable}

# MARK: What is no reason

before=$(main_pid)
same() { test "$(main_pid)" = "$before" && property_is ActiveState active; }
tell_platform faults '{ "request": "adhocrun", "kind": "delay", "number": 1, "delayMilliseconds": 3000 }'
activationctl fire sale > /dev/null
check "a call is on the wire" within 5 status_says "^1 calling; "
kill -STOP "$platform"
check "and another campaign has a question" exits 0 activationctl fire other
sleep 3.5 # several times WatchdogSec=
check "a platform that hangs is not answered with a restart" same
check "the daemon says what it waits for" status_says "^1 calling, 1 waiting (.*); 2 campaigns"
kill -CONT "$platform"
check "the platform goes on, and everything is delivered" within 10 status_says "^idle; 2 campaigns"

check "it stops" systemctl stop activationd
state=/var/lib/private/activationd
mount -t tmpfs -o size=512k tmpfs $state
systemctl start activationd
before=$(main_pid)
head -c 1M /dev/zero > $state/filler 2> /dev/null
check "a full disk is told in the status" within 5 status_says "^nothing is called: .*full"
check "and in the journal, as an error that the catalog has" entry EVENT=journal-trouble PRIORITY=3 MESSAGE_ID=ca7811eee76645f7a0941a7e4a49c41f
calls() { ledger 8080 'len(ledger["calls"])'; }
calls_before=$(calls)
is_called() { test "$(calls)" = $((calls_before + 1)); }
check "an order is refused" exits 1 activationctl fire sale
sleep 3
check "it is not answered with a restart" same
check "no call is made" test "$(calls)" = "$calls_before"
rm $state/filler
check "with room again the status is as before" within 10 status_says "^idle; 2 campaigns"
check "what was refused was not kept" test "$(calls)" = "$calls_before"
check "and orders are obeyed" exits 0 activationctl fire sale --wait
check "once" is_called
check "the journal says that it goes on" entry "MESSAGE=the journal can be written again"
check "it was the same daemon all the time" same
