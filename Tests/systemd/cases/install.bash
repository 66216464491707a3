# make install and make uninstall, into a directory and into the system itself: what they put there, and what they leave.

# Every file, and every empty directory.
tree() { find "$1" -mindepth 1 \( -type d -empty -printf '%P/\n' \) -o \( ! -type d -printf '%P\n' \) | sort; }
make_it() { make -s "$@" PROGRAMS="$work/bin" > "$work/make" 2>&1 || { cat "$work/make"; return 1; }; }
same() { diff <(echo "$1") <(echo "$2"); } # EXPECTED FOUND
documents() { (cd docs && ls ./*.md | sed 's|^\./|share/doc/activationd/|'); }
pages() { (cd docs/man 2> /dev/null && ls | sed 's|.*\.\([0-9]\)$|share/man/man\1/&|'); }
# Directories where nothing is yet.
vacant() {
    for section in 1 5 8; do ls docs/man/*.$section > /dev/null 2>&1 || echo "share/man/man$section/"; done
    [ -e systemd/activationd.catalog ] || echo lib/systemd/catalog/
}
catalog() { [ ! -e systemd/activationd.catalog ] || echo lib/systemd/catalog/activationd.catalog; }
installed() { # PREFIX, without its first slash
    {
        sed "s|^|$1/|" << END
bin/activationctl
lib/activationd/copy-resolver-settings
lib/activationd/root/dev/
lib/activationd/root/etc/
lib/activationd/root/home/
lib/activationd/root/lib
lib/activationd/root/lib64
lib/activationd/root/proc/
lib/activationd/root/root/
lib/activationd/root/run/
lib/activationd/root/sys/
lib/activationd/root/tmp/
lib/activationd/root/usr/
lib/activationd/root/var/
lib/systemd/system/activationd-egress.service
lib/systemd/system/activationd-egress.socket
lib/systemd/system/activationd-resolver.service
lib/systemd/system/activationd-resolver@.path
lib/systemd/system/activationd-status.socket
lib/systemd/system/activationd-status@.socket
lib/systemd/system/activationd.service
lib/systemd/system/activationd.socket
lib/systemd/system/activationd@.service
lib/systemd/system/activationd@.socket
lib/sysusers.d/activationd.conf
lib/tmpfiles.d/activationd.conf
sbin/activationd
share/bash-completion/completions/activationctl
share/doc/activationd/README.md
share/doc/activationd/campaigns.d/README.md
share/doc/activationd/campaigns.d/weekly-newsletter.toml
share/doc/activationd/drop-ins/encrypted-credentials.conf
share/doc/activationd/drop-ins/narrow-egress.conf
share/doc/activationd/drop-ins/notify-reload.conf
share/doc/activationd/drop-ins/private-ca.conf
share/doc/activationd/drop-ins/proxy.conf
share/doc/activationd/drop-ins/restart-steps.conf
share/doc/activationd/drop-ins/sealed.conf
share/fish/vendor_completions.d/activationctl.fish
share/zsh/site-functions/_activationctl
$(documents)
$(pages)
$(vacant)
$(catalog)
END
        echo etc/activationd/activationd.example.toml
        echo etc/activationd/campaigns.d/
    } | grep -v '/$/' | grep -v "^$1/$" | sort
}

# MARK: Into a directory

share_libraries
stage=$work/stage
check "make install DESTDIR= PREFIX=/usr" make_it install DESTDIR="$stage" PREFIX=/usr
check "it puts there these files" same "$(installed usr)" "$(tree "$stage")"
modes() { find "$stage" -type f -printf '%m %f\n' | grep -v '^644 ' | sort; }
check "programs can be run, and nothing else" same "$(printf '755 %s\n' activationctl activationd copy-resolver-settings)" "$(modes)"
check "the example is the project's" cmp -s config/activationd.toml "$stage/etc/activationd/activationd.example.toml"
check "the unit is the project's" cmp -s systemd/activationd.service "$stage/usr/lib/systemd/system/activationd.service"
check "the template is the same with a user" same "User=activationd_%i" \
    "$(diff --old-line-format= --unchanged-line-format= "$stage"/usr/lib/systemd/system/activationd{,@}.service)"
check "completions know the commands" grep -q preflight\\\|reload "$stage/usr/share/bash-completion/completions/activationctl"
echo configured > "$stage/etc/activationd/activationd.toml"
echo configured > "$stage/etc/activationd/campaigns.d/spring.toml"
mkdir -p "$stage/var/lib/private/activationd"
echo state > "$stage/var/lib/private/activationd/journal"
check "make uninstall DESTDIR= PREFIX=/usr" make_it uninstall DESTDIR="$stage" PREFIX=/usr
files() { find "$stage" -type f -printf '%P\n' | sort; }
check "configuration and state stay, and nothing else" same \
    "$(printf '%s\n' etc/activationd/activationd.toml etc/activationd/campaigns.d/spring.toml var/lib/private/activationd/journal)" "$(files)"
check "nothing was told to this host's systemd" refused grep -q activationd-admin /etc/group

rm -rf "$stage"
check "make install DESTDIR=" make_it install DESTDIR="$stage"
check "it puts the same under /usr/local" same "$(installed usr/local)" "$(tree "$stage")"
elsewhere() { grep -rhoE '/usr(/local)?/(sbin/activationd|bin/activationctl|lib/activationd/(root|copy-resolver-settings)|share/doc/activationd)' "$stage/usr/local/lib" | sort -u; }
check "the units name it there" same \
    "$(printf '/usr/local/%s\n' bin/activationctl lib/activationd/copy-resolver-settings lib/activationd/root sbin/activationd share/doc/activationd)" "$(elsewhere)"
check "make uninstall DESTDIR=" make_it uninstall DESTDIR="$stage"
check "nothing stays" test -z "$(files)"

# MARK: Into the system

places="/etc /usr/bin /usr/sbin /usr/lib/activationd /usr/lib/systemd /usr/lib/sysusers.d /usr/lib/tmpfiles.d /usr/share/man
    /usr/share/doc/activationd /usr/share/bash-completion /usr/share/zsh /usr/share/fish"
# But for what systemd-sysusers writes.
# shellcheck disable=SC2086
everything() { find $places -newer "$work/before" ! -type d 2> /dev/null | grep -vE '^/etc/(\.pwd\.lock|g?(group|shadow)-?)$' | sort; }
touch "$work/before"
install_daemon
check "make install makes the groups" exits 0 getent group activationd-admin activationd-view activationd-egress
check "make install makes the place for secrets" test "$(stat -c '%a %U' /etc/credstore /etc/credstore.encrypted | sort -u)" = "700 root"
check "systemd knows the units" property_is LoadState loaded
check "nothing is enabled, nothing runs" test "$(property UnitFileState) $(property ActiveState)" = "disabled inactive"
configure
configure acme
secret adobe-client-secret simulated-secret acme
units="activationd.service activationd@acme.service activationd.socket activationd-status@acme.socket"
# shellcheck disable=SC2086
check "what is enabled, is started" systemctl enable -q --now $units
check "it is" test "$(systemctl is-active activationd activationd@acme | sort -u)" = active
check "make uninstall, while it runs" make_it uninstall PREFIX=/usr
check "nothing runs any more" test -z "$(pgrep -x activationd)"
check "systemd has forgotten the unit" property_is LoadState not-found
check "secrets, configuration and groups stay, and nothing else" same "$(printf '%s\n' /etc/activationd/activationd.toml /etc/activationd@acme/activationd.toml \
    /etc/credstore/activationd.adobe-client-secret /etc/credstore/activationd@acme.adobe-client-secret)" "$(everything)"
check "the state stays" test -n "$(ls /var/lib/private/activationd)" -a -n "$(ls /var/lib/private/activationd@acme)"
install_daemon
check "installed again, it goes on" systemctl start activationd
