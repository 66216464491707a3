# Socket activation, and who may do what: orders through one socket, questions through the other, each for a group.

install_daemon
configure
simulate
for user in anna vera otto nils; do useradd --no-create-home --no-user-group --gid nogroup $user; done
anna=anna:activationd-admin vera=vera:activationd-view otto=otto:activationd-admin,activationd-view nils=nils
control=/run/activationctl/control.sock status=/run/activationctl/status.sock

# MARK: On demand

check "both sockets can be had" systemctl start activationd.socket activationd-status.socket
check "the daemon does not run yet" property_is ActiveState inactive
modes() { stat -c '%a %U %G' "$1"; }
check "the socket for orders is for its group" test "$(modes $control)" = "660 root activationd-admin"
check "the one for questions for its own" test "$(modes $status)" = "660 root activationd-view"
check "their directory is root's, and everybody may look" test "$(modes /run/activationctl)" = "755 root root"
check "who may not connect does not start it" exits 77 as $nils activationctl status
check "it was not started" property_is ActiveState inactive
check "a question through the second socket starts it, and is answered" exits 0 as $vera activationctl status
check "it runs" property_is ActiveState active
sockets() { find -L "/proc/$(main_pid)/fd" -type s 2> /dev/null | wc -l; }
check "its own socket is there as well" test "$(stat -c '%a' /run/activationd/control.sock)" = 660
systemctl stop activationd 2> /dev/null
check "stopped, it leaves the sockets" test -S $control -a -S $status
check "an order starts it too" exits 0 as $anna activationctl fire sale --wait
check "what it was ordered is done" grep -q "succeeded" "$work/out"
service_before=$(main_pid)
kill -9 "$service_before"
is_new() { [ "$(main_pid)" != "$service_before" ] && property_is ActiveState active; }
check "killed, it comes again by itself" within 5 is_new
check "and has its sockets again" exits 0 as $vera activationctl --json status

# MARK: Who may do what

questions="status campaigns show:sale explain:sale history queue runs"
# The orders are those that activationctl lists; for each, what makes it one that could be obeyed.
declare -A arguments=([fire]=sale [cancel]=1 [pause]="sale" [resume]="sale" [recount]="sale" [disregard]=run [resolve]="1.1 --abandon" [reload]=)
orders=$(activationctl --help | awk '/^ORDERS/ { on = 1; next } /^[A-Z]/ { on = 0 } on && /^  [a-z]/ { print $1 }')
order() { # CODE USER ORDER [OPTION...]
    [ -n "${arguments[$3]+known}" ] || { echo "        this test does not know how $3 is called"; return 1; }
    # shellcheck disable=SC2086
    exits "$1" as "$2" activationctl "$3" ${arguments[$3]} "${@:4}"
}
history() { activationctl --json history > "$work/history" && md5sum < "$work/history"; }
before=$(history)
for question in $questions; do
    for user in "$anna" "$vera" "$otto"; do
        # shellcheck disable=SC2086
        check "${user%%:*} may ask: ${question/:/ }" exits 0 as "$user" activationctl ${question/:/ }
    done
    # shellcheck disable=SC2086
    check "nils may not ask: ${question/:/ }" exits 77 as $nils activationctl ${question/:/ }
done
check "activationctl lists orders" test "$(wc -w <<< "$orders")" -ge 6
for name in $orders; do
    check "vera may not order: $name" order 77 "$vera" "$name"
    check "nor through the socket for questions: $name" order 77 "$vera" "$name" --socket $status
    check "nor may root, there: $name" order 77 "root" "$name" --socket $status
    check "nils may not order: $name" order 77 "$nils" "$name"
done
check "nils can not even connect" exits 77 as $nils activationctl --socket $status status
check "vera can not connect to the socket for orders" exits 77 as "$vera" activationctl --socket $control status
check "nobody but root can connect to the daemon's own" exits 77 as "$otto" activationctl --socket /run/activationd/control.sock status
check "nothing of all that has left a trace" test "$(history)" = "$before"

# Below activationctl: every path that there is, and some that are not, with every method but GET.
cat > "$work/orders.py" << 'END'
import re, socket, sys
path, document = sys.argv[1:]
paths = set(re.findall(r"(?:GET|POST) (/v1/[A-Za-z/]+)", open(document).read()))
paths = {p.replace("NAME", "sale").replace("/ID", "/1") for p in paths} | {"/", "/v1", "/v2/reload", "/v1/reload/", "/v1//reload", "/v1/%72eload", "*"}
assert len(paths) > 8, paths
refused = 0
for target in sorted(paths):
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "post", "GETX"]:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(path)
            body = b'{"client":"root","campaign":"sale","reload":true}'
            client.sendall(f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nX-HTTP-Method-Override: GET\r\n\r\n".encode() + body)
            answer = b""
            while part := client.recv(65536):
                answer += part
        code = answer.split(b" ")[1:2]
        # What is no HTTP to begin with is not taken as far as that.
        if code != [b"403"] and not (code == [b"400"] or answer == b""):
            print(f"        {method} {target}: {answer[:80]}")
            sys.exit(1)
        refused += code == [b"403"]
assert refused > 50, refused
END
check "through the socket for questions nothing but a question is obeyed" /usr/bin/python3 "$work/orders.py" $status docs/control-api.md
check "nor has that left a trace" test "$(history)" = "$before"

for name in $orders; do
    case $name in
    # There is nothing to settle, and so the order arrives, and is refused for that.
    resolve | cancel | recount | disregard) check "anna may order: $name" order 1 "$anna" "$name" ;;
    *) check "anna may order: $name" order 0 "$anna" "$name" ;;
    esac
done
check "who gave an order stands in the history" grep -q 'anna (by the client.s word, through /run/activationctl/control.sock)' <(activationctl --json history)
by_root() { activationctl --json history | grep -c 'by root (uid 0)'; }
count=$(by_root)
check "who says to be root is not" exits 0 as "$anna" env USER=root LOGNAME=root SUDO_USER=root activationctl pause sale
check "in the history neither" test "$(by_root)" = "$count"
check "root is" exits 0 activationctl resume sale
check "by the kernel's word" test "$(by_root)" = $((count + 1))

# MARK: A start that fails

systemctl stop activationd 2> /dev/null
sed -i '1i faulty' /etc/activationd/activationd.toml
for _ in 1 2 3; do check "with a faulty configuration nobody is answered" exits 69 as "$vera" activationctl --timeout 5 status; done
check "the start was tried, and ended with 78" within 5 property_is ExecMainStatus 78
check "the sockets wait for a better one" test "$(systemctl is-active activationd.socket activationd-status.socket | sort -u)" = active
sed -i 1d /etc/activationd/activationd.toml
check "which then is started by the next who asks" exits 0 as "$vera" activationctl status

# MARK: Without them

systemctl stop activationd.socket activationd-status.socket activationd 2> /dev/null
check "stopped, the sockets are gone" refused test -e $control -o -e $status
check "the daemon starts without them" systemctl start activationd
check "root needs none of them" exits 0 activationctl status
check "and nobody else has any" exits 69 as "$anna" activationctl --socket $control status
