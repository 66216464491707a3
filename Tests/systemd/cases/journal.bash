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
activationctl cancel 2 > /dev/null 2>&1

sed 's/"runs": {/"runs": { "failingPercent": 100,/' Tests/systemd/scenario.json > "$work/failing.json"
simulate 8081 "$work/failing.json"
sed -i 's/:8080/:8081/; s/^backoff_base/attempts = 1\n&/' /etc/activationd/activationd.toml
cat >> /etc/activationd/activationd.toml << END

[campaign.failing]
activate = [{ dataflow = "$flow", audiences = ["$audience"] }]
END
check "another platform" exits 0 activationctl reload
check "on which a campaign fails" exits 1 activationctl fire failing --wait
journal '[(e["MESSAGE"], {k: v for k, v in e.items() if k[0] != "_"}) for e in entries][-8:]'
