# The shipped unit's life in short: ready, deliver, reload, watchdog, stop, a faulty start.

install_daemon
configure
simulate
drop_in watchdog << END
[Service]
WatchdogSec=1
END

check "the start returns once the daemon is ready" systemctl start activationd
check "the control socket answers at once" exits 0 activationctl --json status
check "the socket is for owner and group" test "$(stat -c %a /run/activationd/control.sock)" = 660
check "systemctl status has a sentence" status_says "idle"
check "a campaign is delivered" exits 0 activationctl fire sale --wait
check "the journal has the fields of a run" entry EVENT=activation-ended CAMPAIGN=sale OCCURRENCE=1 ACTIVATION=1.1 \
    DATAFLOW=$flow AUDIENCE=$audience SYSLOG_IDENTIFIER=activationd
check "the journal has priorities" entry PRIORITY=5 EVENT=occurrence-ended
check "the status comes back to idle" within 5 status_says "idle"

systemctl kill -s HUP activationd
check "SIGHUP reloads" within 10 entry "MESSAGE=nothing has changed"
sed -i 's/^\[campaign.sale\]/[campaign.sale]\nschedul = "Fri 17:00"/' /etc/activationd/activationd.toml
check "a faulty reload is refused with 78" exits 78 activationctl reload
check "a faulty reload does not fail the service" property_is ActiveState active
check "a fault keeps its lines in one entry" entry PRIORITY=3 "MESSAGE=^^^^^^^"
check "systemctl status tells the refusal" within 5 status_says "reload refused"
sleep 1.5
check "the watchdog is content" property_is NRestarts 0
check "the stop is clean" systemctl stop activationd
check "the result is success" property_is Result success

systemctl start activationd 2> /dev/null
check "a faulty configuration fails the start with 78" property_is ExecMainStatus 78
check "the fault is in the journal" entry "MESSAGE=unknown-key"
