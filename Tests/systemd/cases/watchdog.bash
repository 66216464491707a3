# The watchdog: each of the four parts that must work, wedged alone, is told of, killed and started again. A platform that hangs
# is not the daemon's fault, and neither is a full disk.

. Tests/systemd/observe.bash
install_daemon
configure
simulate
# What is wedged hangs for ever: the files are on the host's side, and a restart takes them away with the runtime directory.
preload WatchdogSec=1500ms

check "the daemon starts" systemctl start activationd
check "and delivers" exits 0 activationctl fire sale --wait

restarts=0
killed_for() { # PART: and started again
    restarts=$((restarts + 1))
    check "$1 hangs: systemd kills it" within 8 has_restarted
    check "$1 hangs: the reason is in the journal before that" test "$(journal '(lambda silent, killed:
        [e["PART"] for e in silent[-1:] if len(silent) == '$restarts' and float(e["__MONOTONIC_TIMESTAMP"]) < float(killed[-1]["__MONOTONIC_TIMESTAMP"])
            and e["PRIORITY"] == "3" and e["MESSAGE_ID"] == "e7565c6b8e3441d590b5936157b39eba"])(
        [e for e in entries if e.get("EVENT") == "watchdog-silent"],
        [e for e in entries if "Watchdog timeout" in e["MESSAGE"]])')" = "['$1']"
    check "$1 no longer hangs: it is as before" within 5 exits 0 activationctl --json status
}
has_restarted() { property_is NRestarts $restarts && property_is ActiveState active; }

wedge client
killed_for client

wedge journal
killed_for journal

wedge control
killed_for control

wedge queue
activationctl --timeout 3 pause --all > /dev/null 2>&1 & # the timer is set after an event
killed_for queue

rm /run/activationd/control.sock # nobody can connect
killed_for control

check "each time it was the watchdog, and nothing else" test "$(journal '[
    sum(e["MESSAGE"].startswith("activationd.service: " + text) for e in entries)
    for text in ["Watchdog timeout", "Main process exited, code=killed, status=6/ABRT", "Main process exited"]]')" = "[5, 5, 5]"
