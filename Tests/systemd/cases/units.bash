# The unit files as systemd reads them: nothing to complain about, and an exposure lower than any daemon that Debian ships.

install_daemon
directory=/usr/lib/systemd/system
mapfile -t units < <(cd $directory && ls activationd*)
# A template is looked at by an instance of it.
units=("${units[@]/@./@acme.}")

silent() { [ -z "$("$@" 2>&1 | tee "$work/said")" ] || { head -5 "$work/said"; return 1; }; }
# Units name their manual pages, which it would look for.
manual=yes
if ! ls docs/man/{activationctl.1,activationd.toml.5,activationd.8} > /dev/null 2>&1; then
    manual=no
    skip "systemd-analyze verify of Documentation=: the manual pages are not written yet"
fi
check "systemd-analyze verify is silent" silent systemd-analyze verify --man=$manual "${units[@]}"
check "no unit is executable, or writable but for root" test -z "$(find $directory -name 'activationd*' -perm /133)"

# MARK: Exposure

# The score in tenths, of a unit with drop-ins of ours.
exposure() { # UNIT [DROP-IN]
    rm -rf "$work/scored"
    mkdir -p "$work/scored/$1.d"
    cp "$directory/$1" "$work/scored/"
    [ $# = 1 ] || cp "systemd/drop-ins/$2.conf" "$work/scored/$1.d/"
    systemd-analyze security --offline=true --no-pager "$work/scored/$1" 2> "$work/said" | awk '/Overall exposure level/ { print $(NF - 2) * 10 }'
}
at_most() { [ -n "$2" ] && [ "$2" -le "$1" ] && echo "        $2 tenths" || { cat "$work/said"; return 1; }; } # TENTHS FOUND
check "systemd-analyze security --threshold=9" exits 0 systemd-analyze security --offline=true --threshold=9 --no-pager $directory/activationd.service
check "the exposure of activationd is at most 0.9" at_most 9 "$(exposure activationd.service)"
check "that of an instance as well" at_most 9 "$(exposure activationd@.service)"
check "sealed it is at most 0.2" at_most 2 "$(exposure activationd.service sealed)"
check "the way out of the sealed one has at most 0.9" at_most 9 "$(exposure activationd-egress.service)"
check "the copier of resolver settings has at most 0.9" at_most 9 "$(exposure activationd-resolver.service)"

# MARK: Drop-ins

version=$(systemctl --version | awk 'NR == 1 { print $2 }')
declare -A since=([notify-reload]=253 [restart-steps]=254)
for file in systemd/drop-ins/*.conf; do
    name=$(basename "$file" .conf)
    if [ "$version" -lt "${since[$name]:-0}" ]; then
        skip "drop-in $name: it is for systemd ${since[$name]} and newer, and this is $version"
        continue
    fi
    shipped_drop_in "$name"
    check "drop-in $name: systemd-analyze verify is silent" silent systemd-analyze verify --man=$manual activationd.service
    check "drop-in $name: the exposure stays" at_most 9 "$(exposure activationd.service "$name")"
    rm -r /etc/systemd/system/activationd.service.d
done
systemctl daemon-reload

# MARK: What they say to systemd

check "Type=notify" property_is Type notify
check "only its own process may say that it is ready" property_is NotifyAccess main
check "no start again for a faulty configuration or flag" property_is RestartPreventExitStatus "64 78"
check "secrets of the credential store" test "$(grep -c '^LoadCredential=' $directory/activationd.service)" = 3
