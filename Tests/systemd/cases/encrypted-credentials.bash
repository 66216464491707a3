# The drop-in encrypted-credentials: the secret lies on disk as only this host can read it.

install_daemon
configure
simulate
rm /etc/credstore/*
# As the drop-in says.
encrypt() { systemd-creds encrypt --with-key=host --name=adobe-client-secret - "/etc/credstore.encrypted/$1.adobe-client-secret" 2> /dev/null; }
shipped_drop_in encrypted-credentials
check "without a secret the daemon starts" systemctl start activationd
systemctl stop activationd
check "a secret is encrypted" encrypt activationd <<< simulated-secret
check "it can not be read there" refused grep -q simulated-secret /etc/credstore.encrypted/activationd.adobe-client-secret
check "with it the daemon starts" systemctl start activationd
check "and delivers" exits 0 activationctl fire sale --wait
systemctl stop activationd

cp /etc/credstore.encrypted/activationd.adobe-client-secret /etc/credstore.encrypted/activationd@acme.adobe-client-secret
configure acme
shipped_drop_in encrypted-credentials activationd@.service
check "an instance has its own" systemctl start activationd@acme
check "and delivers too" exits 0 activationctl fire sale --wait --instance acme
