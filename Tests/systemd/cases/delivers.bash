# Campaigns are delivered under the unit exactly as it is shipped, without any drop-in: by hand, by the clock, after an export,
# and over a restart. The platform's ledger is the judge.

install_daemon
flows='"flows": ['
for flow_number in 1 2; do
    audiences=
    for audience_number in 1 2 3 4 5; do audiences+="{ \"id\": \"22222222-bbbb-4bbb-8bbb-00000000000$audience_number\" },"; done
    flows+="{ \"id\": \"11111111-aaaa-4aaa-8aaa-00000000000$flow_number\", \"audiences\": [${audiences%,}] },"
done
cat > "$work/scenario.json" << END
{
  "runs": { "shortestMilliseconds": 200, "longestMilliseconds": 400 },
  "exports": [{ "startMilliseconds": -2000, "durationMilliseconds": 4500 }],
  ${flows%,}]
}
END
simulate 8080 "$work/scenario.json"
configure
soon=$(date -u -d '+3 seconds' +%FT%TZ)
cat >> /etc/activationd/activationd.toml << END

[campaign.clock]
at = [$soon]
activate = [{ dataflow = "$flow", audiences = ["22222222-bbbb-4bbb-8bbb-000000000002", "22222222-bbbb-4bbb-8bbb-000000000003"] }]

[campaign.follow-up]
after = "clock"
activate = [{ dataflow = "11111111-aaaa-4aaa-8aaa-000000000002", audiences = ["22222222-bbbb-4bbb-8bbb-000000000004"] }]
END
sed -i 's/^run = .*/run = "200ms"\ngate = "500ms"\ngate_freshness = "500ms"/' /etc/activationd/activationd.toml

check "nothing is changed on the unit" test -z "$(systemctl show activationd -p DropInPaths --value)" -a \
    "$(systemctl show activationd -p FragmentPath --value)" -ef /usr/lib/systemd/system/activationd.service
check "the start returns once the daemon is ready" systemctl start activationd
check "what is fired while an export runs, waits" exits 0 activationctl fire sale
waits_for_export() { activationctl --json explain sale | grep -q '"export"'; }
check "activationctl explain says for what" within 5 waits_for_export
delivered() { # FLOW-NUMBER AUDIENCE-NUMBER: exactly once
    ledger 8080 "sum(d['succeeded'] for d in ledger['deliveries'] if d['dataflow'][-1] == '$1' and d['audience'][-1] == '$2')" | grep -qx 1
}
check "it is delivered when the export is over" within 20 delivered 1 1
check "the clock's campaign is delivered" within 20 delivered 1 2
check "all of it" within 5 delivered 1 3
check "and what follows it" within 20 delivered 2 4
quiet() {
    journalctl --sync
    ! journalctl -u activationd -p warning -o cat --no-pager | grep .
}
check "nothing is complained of in the journal" quiet
before=$(main_pid)
kill -9 "$before"
is_new() { [ "$(main_pid)" != "$before" ] && property_is ActiveState active; }
check "killed, it is started again" within 5 is_new
check "and delivers" exits 0 activationctl fire sale --wait
total() { ledger 8080 "sum(d['accepted'] for d in ledger['deliveries'])"; }
check "everything was sent once" test "$(total)" = 5
check "no rule of the platform was broken" test "$(ledger 8080 "ledger['violations']")" = "[]"
check "it was started again once" test "$(property NRestarts)" = 1
check "systemctl stop" systemctl stop activationd
check "it ends well" property_is Result success
