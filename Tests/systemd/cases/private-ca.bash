# The drop-in private-ca: a platform whose certificate is of an authority that this host does not know; then of another one.

install_daemon
simulate
authority first
authority second
certify first platform.test
serve_tls 8443 8080
name_host platform.test 127.0.0.1
configure "" https://platform.test:8443
sed -i 's/^run = .*/run = "200ms"\n\n[limits]\nbackoff_base = "200ms"\nbackoff_max = "500ms"/' /etc/activationd/activationd.toml
delivered() { [ "$(ledger 8080 "len(ledger['calls'])")" = "$1" ]; }
is_refused() { grep -q "refused: .*$1" "$work/tls.log"; }
fire() { # once what was before is over
    : > "$work/tls.log"
    within 10 activationctl fire sale > /dev/null 2>&1
}

systemctl start activationd
check "without it" fire
check "the certificate is not trusted" within 10 is_refused UNKNOWN_CA
check "nothing was sent" delivered 0
check "what waited for it is cancelled" exits 0 activationctl cancel 1
systemctl stop activationd

shipped_drop_in private-ca
check "without the file, the daemon starts" systemctl start activationd
install -m 644 "$work/first.pem" /etc/activationd/ca.pem
check "the file is read at a reload" systemctl reload activationd
check "and with it" fire
check "the campaign is delivered" within 20 delivered 1
check "the exposure stays" exits 0 systemd-analyze security --threshold=9 --no-pager activationd.service

certify second platform.test
install -m 644 "$work/second.pem" /etc/activationd/ca.pem
check "the authority is replaced, and the daemon reloaded" systemctl reload activationd
check "with a certificate of that one" fire
check "is delivered too" within 20 delivered 2
check "the daemon was not restarted" property_is NRestarts 0

certify first platform.test
check "with a certificate of the former one" fire
check "it is not trusted any more" within 10 is_refused UNKNOWN_CA
check "nothing was sent for it" delivered 2
