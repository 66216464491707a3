# Stopping: a call on the wire is answered or becomes a doubt, what is in flight is followed after the next start, and a SIGKILL
# changes nothing about it. The platform's ledger is the judge: nothing is sent twice.

. Tests/systemd/observe.bash
install_daemon
configure
sed -i 's/^run = .*/run = "200ms"\ngate_freshness = "60s"\nsettle = "1s"/' /etc/activationd/activationd.toml
cat >> /etc/activationd/activationd.toml << END

[campaign.other]
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]

[limits]
request_timeout = "2s"
backoff_base = "200ms"
END
sed 's/"shortestMilliseconds": [0-9]*, "longestMilliseconds": [0-9]*/"shortestMilliseconds": 1000, "longestMilliseconds": 1000/' \
    Tests/systemd/scenario.json > "$work/scenario.json"
simulate 8080 "$work/scenario.json"
systemctl start activationd

sent=0
next_call() { tell_platform faults '{ "request": "adhocrun", "number": 1, '"$1"' }'; }
calls() { ledger 8080 'len(ledger["calls"])'; }
fire() { # and wait until the call is on the wire
    local before
    before=$(calls)
    activationctl fire "$1" > /dev/null
    within 5 is_more "$before"
}
is_more() { [ "$(calls)" -gt "$1" ]; }
stop() { # how long it took is in $took
    local begin=$EPOCHREALTIME
    systemctl stop activationd
    took=$(awk "BEGIN { print $EPOCHREALTIME - $begin }")
    property_is Result success
}
took_between() { awk "BEGIN { exit !($took >= $1 && $took < $2) }"; }
records() { sqlite3 /var/lib/private/activationd/journal.sqlite "SELECT group_concat(body, ' ') FROM records"; }
of_all() { ledger 8080 "[sum(d[k] for d in ledger['deliveries']) for k in ['accepted', 'succeeded']] + ledger['violations']"; }
delivered_once_more() { # and what was on its way is not sent again
    sent=$((sent + 1))
    within 10 status_says "^idle; 2 campaigns$" && test "$(of_all)" = "[$sent, $sent]" || { echo "        $(property StatusText) $(of_all)"; return 1; }
}

check "idle, it stops" stop
check "in less than a second" took_between 0 1

# MARK: On the wire

systemctl start activationd
next_call '"kind": "delay", "delayMilliseconds": 1500'
check "a call is on the wire" fire sale
activationctl fire other > /dev/null # waits for the audience's lane
(sleep 0.4; exits 1 activationctl fire other; cp "$work/err" "$work/refusal"; property StatusText > "$work/status") &
check "told to stop, it waits for the answer" stop
check "which took its time" took_between 0.5 3
check "meanwhile the status says so" grep -q "^stopping" "$work/status"
check "and nothing is admitted any more" grep -q "stop" "$work/refusal"
check "the answer is in the journal" grep -q '"callAnswered":.*"accepted 1 of 1".*"activationRunning"' <(records)
check "the other campaign's call was not made" test "$(calls)" = 1
systemctl start activationd
check "the next start follows the run" within 5 entry EVENT=activation-ended ACTIVATION=1.1
sent=1
check "and then delivers what waited" delivered_once_more

# MARK: No answer

next_call '"kind": "stall"'
check "a call is not answered" fire sale
check "told to stop, it gives up on the answer after request_timeout" stop
check "within TimeoutStopSec=" took_between 1 10
check "the journal has a doubt" grep -q '"activationInDoubt"' <(records)
systemctl start activationd
check "the next start finds out, and sends nothing again" delivered_once_more

# The platform never saw the call. Only look-ups tell that from the one before.
next_call '"kind": "lost-request"'
activationctl fire sale > /dev/null
check "a call is lost" within 5 entry EVENT=activation-in-doubt ACTIVATION="$((sent + 1)).1"
check "with a doubt alone it stops" stop
check "at once" took_between 0 1
systemctl start activationd
check "the next start makes sure of it, and sends it" delivered_once_more

# MARK: SIGKILL

killed() {
    local pid
    pid=$(main_pid)
    kill -9 "$pid"
    within 5 is_another "$pid"
}
is_another() { [ "$(main_pid)" != "$1" ] && property_is ActiveState active; }
next_call '"kind": "delay", "delayMilliseconds": 1500'
check "a call is on the wire" fire sale
check "killed, it starts again" killed
check "knows that there is a doubt" entry EVENT=activation-in-doubt ACTIVATION="$((sent + 1)).1"
check "and finds out, and sends nothing again" delivered_once_more

activationctl fire other > /dev/null
check "a run is followed" within 5 status_says "1 running"
check "killed, it starts again" killed
check "and follows it" delivered_once_more

check "it stops" stop
