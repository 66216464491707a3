# Two instances and the plain service, side by side: each its own user, state, sockets, secrets, configuration and platform.

install_daemon
simulate 8080
simulate 8081
simulate 8082
configure "" http://127.0.0.1:8080
configure acme http://127.0.0.1:8081
configure umbra http://127.0.0.1:8082
secret adobe-client-secret simulated-secret acme
secret adobe-client-secret simulated-secret umbra
names="activationd activationd@acme activationd@umbra"

# shellcheck disable=SC2086
check "all of them start" systemctl start $names
check "two of them have sockets for orders" systemctl stop activationd activationd@acme
check "one of them its own" systemctl start activationd.socket activationd@acme.socket activationd-status@acme.socket
check "they start again" systemctl start activationd activationd@acme
distinct() { [ "$(sort -u <<< "$1" | wc -l)" = 3 ]; }
users() { for name in $names; do stat -c %u "/proc/$(main_pid "$name")"; done; }
check "each is a user of its own" distinct "$(users)"
sees() { tr '\n' ' ' < <(cd "/proc/$(main_pid "$1")/root/$2" && ls); }
for name in $names; do
    check "$name sees its own configuration, and no other" test "$(sees "$name" etc | tr ' ' '\n' | grep activationd)" = "$name"
    check "$name sees its own state, and no other" test "$(sees "$name" var/lib)" = "$name "
    check "$name sees its own socket, and no other" test "$(sees "$name" run | tr ' ' '\n' | grep activationd)" = "$name"
    check "$name has its own secrets, and no other" test "$(sees "$name" run/credentials)" = "$name.service "
    check "$name: its state is its user's" test "$(stat -c %a:%u "/var/lib/private/$name")" = "700:$(stat -c %u "/proc/$(main_pid "$name")")"
done

# Even with the right to leave the sandbox, as this user, nothing of the others is to be had.
other=$(main_pid activationd@umbra)
as_acme() { setpriv --reuid "$(stat -c %u "/proc/$(main_pid activationd@acme)")" --regid nogroup --clear-groups "$@"; }
check "the user of one may not signal another" refused as_acme kill -0 "$other"
check "nor that of the plain one" refused as_acme kill -0 "$(main_pid)"
check "it may signal its own" as_acme kill -0 "$(main_pid activationd@acme)"
check "nor look into its memory" refused as_acme head -c 1 "/proc/$other/mem"
check "nor connect to its socket" refused as_acme activationctl --socket /run/activationd@umbra/control.sock status 2> /dev/null

# MARK: Each has its platform

check "an order reaches the instance that it is for" exits 0 activationctl fire sale --wait --instance acme
calls() { ledger "$1" "len(ledger['calls'])"; }
check "and no other" test "$(calls 8080) $(calls 8081) $(calls 8082)" = "0 1 0"
check "through its own socket, without one for the group" exits 0 activationctl fire sale --wait --instance umbra
check "the plain one is who is asked without a name" exits 0 activationctl fire sale --wait
check "each has sent one call" test "$(calls 8080) $(calls 8081) $(calls 8082)" = "1 1 1"
check "there is no instance of another name" exits 69 activationctl status --instance nobody
unit=activationd@acme check "each has its own entries in the journal" entry EVENT=occurrence-ended CAMPAIGN=sale
# shellcheck disable=SC2086
reloads_alone() {
    local before after
    before=$(activationctl --json status --instance umbra | grep -c '"generation" : 1')
    systemctl reload activationd@acme || return 1
    after=$(activationctl --json status --instance umbra | grep -c '"generation" : 1')
    [ "$before" = "$after" ] && activationctl --json status --instance acme | grep -q '"generation" : [2-9]'
}
check "one is reloaded, and the others are not" reloads_alone
check "one is stopped" systemctl stop activationd@umbra
check "and the others are not" test "$(systemctl is-active activationd activationd@acme | sort -u)" = active
check "its state stays, for its user of the next time" test "$(stat -c %a /var/lib/private/activationd@umbra)" = 700
check "which starts with it" systemctl start activationd@umbra
check "and knows what was" grep -q 'ended as succeeded' <(activationctl history --instance umbra)

# MARK: Groups of its own

useradd --no-create-home --no-user-group --gid nogroup anna
groupadd acme-admin
drop_in group activationd@acme.socket << END
[Socket]
SocketGroup=acme-admin
END
systemctl stop activationd@acme.socket activationd@acme 2> /dev/null
check "an instance can have a group of its own" systemctl start activationd@acme.socket
check "who is in it, orders there" exits 0 as anna:acme-admin activationctl --instance acme pause sale
check "and nowhere else" exits 77 as anna:acme-admin activationctl pause sale
