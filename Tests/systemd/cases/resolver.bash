# The host's settings of name lookups in the sandbox: as they are, also after the host has replaced the files.

install_daemon
configure
simulate
put() { printf '%s\n' "$2" > "/etc/.$1.new" && mv "/etc/.$1.new" "/etc/$1"; } # FILE TEXT: as dhclient and editors do
put resolv.conf "nameserver 10.1.1.1"
rm -f /etc/nsswitch.conf
systemctl start activationd
root=/proc/$(main_pid)/root
same_as_host() { cmp -s "/etc/$1" "$root/etc/$1"; }
check "the sandbox has the host's resolver" same_as_host resolv.conf
check "and its hosts" same_as_host hosts
check "it may not write them" refused test -w "$root/etc/resolv.conf" -a "$(awk '$2 == "/etc/resolv.conf" { print $4 }' "/proc/$(main_pid)/mounts" | grep -c '^rw')" = 1
put resolv.conf "nameserver 10.2.2.2"
check "a replaced file is seen" within 5 same_as_host resolv.conf
put hosts "127.0.0.1 platform.example.com"
check "a replaced file is seen (hosts)" within 5 same_as_host hosts
put nsswitch.conf "hosts: files dns"
check "a file that was not there at the start is seen" within 5 same_as_host nsswitch.conf
for number in {1..20}; do put resolv.conf "nameserver 10.3.3.$number"; done
check "the last of many changes is seen" within 5 same_as_host resolv.conf
check "the service was not restarted for it" property_is NRestarts 0
check "it watches no longer than needed" systemctl stop activationd
check "then it is over" within 5 property_is ActiveState inactive activationd-resolver@resolv.conf.path

# The daemon's own lookups take what is there now.
put hosts "127.0.0.1 localhost"
sed -i 's|http://127.0.0.1:8080|https://platform.example.com:8443|' /etc/activationd/activationd.toml
put nsswitch.conf "hosts: files"
python3 -c '
import socket
server = socket.create_server(("127.0.0.5", 8443))
server.accept()
open("'"$work"'/connected", "w").close()' &
systemctl start activationd
activationctl fire sale > /dev/null
sleep 1
check "a name that nobody knows is not found" refused test -e "$work/connected"
put hosts "127.0.0.5 platform.example.com"
check "once the host knows it, it is" within 15 test -e "$work/connected"
