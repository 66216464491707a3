# The drop-in notify-reload, where systemd knows that type.

version=$(systemctl --version | awk 'NR == 1 { print $2 }')
if [ "$version" -lt 253 ]; then
    skip "Type=notify-reload: it is for systemd 253 and newer, and this is $version"
    finish
fi
install_daemon
configure
simulate
shipped_drop_in notify-reload
generation() { activationctl --json status | sed -n 's/.*"generation" : \([0-9]*\).*/\1/p' | head -n 1; }

check "systemd knows the type" property_is Type notify-reload
check "the daemon starts" systemctl start activationd
check "systemctl reload waits until it is over" systemctl reload activationd
check "then the new configuration is in use" test "$(generation)" = 2
for _ in 1 2 3 4 5; do check "again" systemctl reload activationd; done
sed -i '1i faulty' /etc/activationd/activationd.toml
check "a faulty one ends the reload as well" timeout 20 systemctl reload activationd
check "the service goes on" property_is ActiveState active
check "systemctl status tells the refusal" within 5 status_says "reload refused"
check "activationctl reload tells it too" exits 78 activationctl reload
sed -i 1d /etc/activationd/activationd.toml
check "corrected, it is taken into use" exits 0 activationctl reload
check "the watchdog is content" property_is NRestarts 0
