# For cases that look at the daemon from outside: its journal as data, what it tells systemd, how it takes a part that hangs.

journal() { # EXPRESSION: what Python makes of the unit's entries, as `entries`: dictionaries, oldest first
    journalctl --sync
    journalctl -u "${unit:-activationd}" -o json --all --no-pager | python3 -c '
import json, re, sys
entries = [json.loads(line) for line in sys.stdin]
print(eval(sys.argv[1]))' "$1"
}
journal_has() { journal "any($1 for e in entries)" | grep -qx True; } # EXPRESSION of an entry `e`

preload() { # [LINE...]: wedge.c between the daemon and its libraries, and more lines for the unit
    local library
    library=/usr/lib/$(uname -m)-linux-gnu/activationd-wedge.so
    [ -e "$library" ] || cc -Wall -Wextra -O1 -shared -fPIC -o "$library" Tests/systemd/wedge.c || give_up "wedge.c does not compile"
    printf '%s\n' "[Service]" "Environment=LD_PRELOAD=$library" "$@" | drop_in preload "${unit:-activationd}.service"
}
notifications=/var/lib/private/activationd/notifications
told() { # EXPRESSION: what Python makes of what systemd was told, as `messages`: pairs of microseconds and text
    python3 -c '
import re, sys
messages = [(int(line.split(" ", 1)[0]), line.rstrip("\n").split(" ", 1)[1]) for line in open(sys.argv[1])]
print(eval(sys.argv[2]))' $notifications "$1"
}
told_that() { told "bool($1)" | grep -qx True; }
tell_platform() { # WHAT JSON: an order to the simulated platform: exports, runs, flows, faults
    python3 -c '
import sys, urllib.request
urllib.request.urlopen(f"http://127.0.0.1:8080/_simulator/{sys.argv[1]}", sys.argv[2].encode())' "$@"
}
