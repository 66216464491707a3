# The drop-in sealed: a daemon without any network, which delivers through activationd-egress and the site's proxy. And the drop-in
# proxy, with the same proxy reached by the network.

install_daemon
simulate
authority site
certify site platform.test
serve_tls 8443 8080
ip address add 10.1.2.3/32 dev lo
# Nobody but the proxy knows where the platform is.
/usr/bin/python3 Tests/systemd/connect-proxy.py 10.1.2.3 3128 platform.test=127.0.0.1 >> "$work/proxy.log" &
configure "" https://platform.test:8443
install -m 644 "$work/site.pem" /etc/activationd/ca.pem
shipped_drop_in private-ca
calls() { ledger 8080 "len(ledger['calls'])"; }
asked() { sort -u "$work/proxy.log"; }

# MARK: A proxy on the network

shipped_drop_in proxy
sed -i 's|proxy.example.com|10.1.2.3|' /etc/systemd/system/activationd.service.d/proxy.conf
systemctl daemon-reload
check "with a proxy the daemon starts" systemctl start activationd
check "it delivers" exits 0 activationctl fire sale --wait
check "the proxy was asked for the platform, and for nothing else" test "$(asked)" = "CONNECT platform.test:8443"
systemctl stop activationd
rm /etc/systemd/system/activationd.service.d/proxy.conf
: > "$work/proxy.log"

# MARK: None at all

shipped_drop_in sealed
check "sealed it starts, and the way out is opened with it" systemctl start activationd
pid=$(main_pid)
check "it has a network of its own" test "$(readlink "/proc/$pid/ns/net")" != "$(readlink /proc/1/ns/net)"
interfaces() { awk -F: 'NR > 2 { gsub(/ /, "", $1); printf "%s ", $1 }' "/proc/$pid/net/dev"; }
check "with nothing in it but its loopback" test "$(interfaces)" = "lo "
check "the way out is for its group" test "$(stat -c '%a %G' /run/activationd-egress/proxy.sock)" = "660 activationd-egress"
check "it is in that group" grep -qw "$(getent group activationd-egress | cut -d: -f3)" <(grep ^Groups: "/proc/$pid/status")
useradd --no-create-home --no-user-group --gid nogroup nils
connects() { # USER
    # shellcheck disable=SC2016
    as "$1" /usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).connect("/run/activationd-egress/proxy.sock")' 2> /dev/null
}
check "who is not, does not get out by it" refused connects nils

activationctl fire sale > /dev/null
sleep 1
check "without a proxy to go to, nothing leaves" test "$(calls)" = 1
check "the daemon is well" property_is ActiveState active
activationctl cancel 2 > /dev/null
echo "PROXY=10.1.2.3:3128" > /etc/activationd/egress.conf
check "with one" exits 0 activationctl fire sale --wait
check "the campaign is delivered" test "$(calls)" = 2
check "the proxy was asked for the platform, and for nothing else" test "$(asked)" = "CONNECT platform.test:8443"
check "no rule of the platform was broken" test "$(ledger 8080 "ledger['violations']")" = "[]"

# MARK: What carries its bytes

check "the way out runs" property_is ActiveState active activationd-egress.service
out=$(main_pid activationd-egress.service)
of_process() { [ "$(awk -v field="$1:" '$1 == field { print $2 }' "/proc/$out/status")" = "$2" ]; }
check "without capabilities" of_process CapBnd 0000000000000000
check "its calls are filtered" of_process Seccomp 2
check "it sees no configuration, and no secret" refused test -e "/proc/$out/root/etc/activationd" -o -e "/proc/$out/root/etc/credstore"
check "it is another user than the daemon" test "$(stat -c %u "/proc/$out")" != "$(stat -c %u "/proc/$(main_pid)")"
kill -9 "$out"
delivers() { activationctl fire sale --wait > /dev/null 2>&1; }
check "killed, it comes again with the next connection" within 10 delivers
check "and everything was sent once" test "$(calls)" = 3
