# Each directive that takes something away, tried three times: a probe that could (in a service without any of this), could not
# (with that directive alone, as the unit has it), and could not (in the whole sandbox). Then the sandbox as the daemon has it.

install_daemon
unit_file=/usr/lib/systemd/system/activationd.service
probes=/usr/lib/activationd-probes
python=$(/usr/bin/python3 -I -c 'import os, sys; print(os.path.realpath(sys.executable))')
library=$(/usr/bin/python3 -I -c 'import os; print(os.path.dirname(os.__file__))')

# MARK: What there is to be seen and done

mkdir -p $probes /usr/lib/modules /home /etc/systemd/system/activationd.service.d
cp Tests/systemd/probes.py $probes/
touch $probes/owned-by-daemon /root/seen /home/seen /tmp/seen /var/tmp/seen /dev/shm/seen /usr/lib/modules/seen /etc/other-settings
chown 1 $probes/owned-by-daemon
install -m 4755 /usr/bin/id $probes/setuid-id
mknod -m 666 /dev/probe c 1 3
# A device that a service may not use unless told so: the first that this machine lets us open.
device=
for numbers in "10 229" "10 232" "10 200" "10 237" "1 11"; do
    rm -f /dev/device
    # shellcheck disable=SC2086
    mknod -m 666 /dev/device c $numbers
    if python3 -c 'import os; os.open("/dev/device", os.O_RDONLY | os.O_NONBLOCK)' 2> /dev/null; then device=/dev/device; break; fi
done
for address in 169.254.169.254 10.1.2.3 198.51.100.5; do ip address add $address/32 dev lo; done
ip route add multicast 224.0.0.0/4 dev lo
ip route add 240.0.0.0/4 dev lo
python3 -c '
import socket, time
server = socket.create_server(("0.0.0.0", 8088), backlog=100)
while True: server.accept()[0].close()' &
# Whether this systemd and this kernel can do what is asked for here.
has_bpf=$(systemctl --version | grep -c -- '+BPF_FRAMEWORK')
controllers=$(cat /sys/fs/cgroup/cgroup.controllers)

# MARK: Each by itself

services=()
environment="Environment=HOST_MNT=$(readlink /proc/1/ns/mnt) HOST_IPC=$(readlink /proc/1/ns/ipc) HOST_NET=$(readlink /proc/1/ns/net) DEVICE=$device"
service() { # NAME PROBE LINE...: a service that tries
    {
        printf '%s\n' "[Service]" "Type=oneshot" "RemainAfterExit=yes" "$environment" "${@:3}"
        echo "ExecStart=$python -I -S -B $probes/probes.py $2"
    } > "/run/systemd/system/$1.service"
}
lines() { grep -E "^($1)=" $unit_file; } # DIRECTIVE|...: as the unit has them
tried=" "
expectations=()
alone() { # DIRECTIVE|... PROBE [LINE...]: LINE is what the service has with and without it
    local name=${1%%|*} probe=$2
    local id=${name,,}-${probe//_/-}
    service "bare-$id" "$probe" "${@:3}"
    service "with-$id" "$probe" "${@:3}" "$(lines "$1")"
    services+=("bare-$id" "with-$id")
    expectations+=("$name $probe $id")
    tried+="${1//|/ } "
}
untried() { tried+="${1//|/ } "; } # DIRECTIVE|...: with the reason beside it

somebody="User=nobody"
mounted=$(lines "MountAPIVFS|BindReadOnlyPaths")
mounted+=$'\n'"BindReadOnlyPaths=$python $library $probes"

alone DynamicUser be_root
alone PrivateUsers know_owners
alone NoNewPrivileges gain_by_setuid
alone CapabilityBoundingSet give_a_file_away
alone CapabilityBoundingSet keep_capabilities
alone SecureBits have_capabilities
alone UMask leave_files_to_all
alone RestrictSUIDSGID make_setuid
alone "RootDirectory|TemporaryFileSystem" see_a_shell "$mounted"
alone "RootDirectory|TemporaryFileSystem" read_other_settings "$mounted"
alone InaccessiblePaths see_the_machine
alone InaccessiblePaths share_memory_files
alone NoExecPaths run_what_it_wrote "ExecPaths=/usr" "RuntimeDirectory=%N" "StateDirectory=%N"
alone NoExecPaths map_what_it_wrote "ExecPaths=/usr" "RuntimeDirectory=%N" "StateDirectory=%N"
alone ProtectSystem write_the_system
alone ProtectHome look_into_homes
alone PrivateTmp see_others_tmp
alone PrivateMounts share_mounts
alone PrivateIPC share_ipc
alone PrivateDevices see_devices
if [ -n "$device" ]; then alone DevicePolicy use_devices; else
    skip "DevicePolicy: no device that a service may not use can be opened here"
    untried DevicePolicy
fi
alone ProtectProc see_others_processes $somebody
alone ProcSubset see_the_kernels_figures
alone ProtectControlGroups make_control_groups
alone ProtectKernelTunables tune_the_kernel
alone ProtectKernelModules see_modules
alone ProtectKernelLogs see_the_kernels_log
alone ProtectClock ask_the_clock
alone ProtectHostname set_the_hostname
alone RestrictAddressFamilies talk_netlink
alone RestrictAddressFamilies talk_raw
alone "IPAddressDeny|IPAddressAllow" reach_link_local
alone "IPAddressDeny|IPAddressAllow" send_multicast
alone "IPAddressDeny|IPAddressAllow" send_reserved
alone "SystemCallFilter|SystemCallErrorNumber" trace
alone "SystemCallFilter|SystemCallErrorNumber" use_rings
alone "SystemCallFilter|SystemCallErrorNumber" use_kernel_aio
alone "SystemCallFilter|SystemCallErrorNumber" use_keyrings
alone "SystemCallFilter|SystemCallErrorNumber" change_user
alone "SystemCallFilter|SystemCallErrorNumber" change_owner
alone "SystemCallFilter|SystemCallErrorNumber" change_root
alone "SystemCallFilter|SystemCallErrorNumber" lock_memory
alone "SystemCallFilter|SystemCallErrorNumber" choose_processors
alone "SystemCallFilter|SystemCallErrorNumber" raise_niceness
alone RestrictNamespaces make_user_namespaces
alone RestrictNamespaces make_mount_namespaces
alone RestrictRealtime be_real_time
alone LockPersonality change_personality
alone MemoryDenyWriteExecute write_and_run_memory
alone LimitCORE dump_core $somebody
alone CoredumpFilter dump_memory
alone LimitNOFILE open_many_files $somebody
if [ "$(uname -m)" = x86_64 ]; then alone SystemCallArchitectures run_foreign_code; else
    skip "SystemCallArchitectures: the foreign program that is tried is for x86"
    untried SystemCallArchitectures
fi
if [ "$has_bpf" = 1 ]; then alone SocketBindDeny listen_on_a_port; else
    skip "SocketBindDeny: this systemd is built without BPF, and says nothing"
    untried SocketBindDeny
fi
if [[ $controllers = *pids* ]]; then alone TasksMax start_many_threads; else
    skip "TasksMax: this host gives no controller for it"
    untried TasksMax
fi
if [[ $controllers = *memory* ]]; then alone "MemoryMax|MemoryHigh|MemorySwapMax" take_much_memory; else
    skip "MemoryMax, MemoryHigh, MemorySwapMax: this host gives no controller for it"
    untried "MemoryMax|MemoryHigh|MemorySwapMax"
fi
# Where it acts at all, what it refuses is root's to begin with: debugfs, tracefs, securityfs.
skip "RestrictFileSystems: what it refuses needs the BPF security module to be refused"
untried RestrictFileSystems

systemctl daemon-reload
# At once; a service that could not has failed, and that is no failure here.
systemctl start "${services[@]}" 2> /dev/null
declare -A ends
while read -r name code status; do ends[$name]=$code:$status; done < <(
    systemctl show "${services[@]/%/.service}" -p Id,ExecMainCode,ExecMainStatus | awk -F= '
        /^Id=/ { id = $2; sub(/\.service$/, "", id) } /^ExecMainCode=/ { code = $2 } /^ExecMainStatus=/ { status = $2 }
        /^$/ { print id, code, status } END { print id, code, status }')
# "1:" is an exit with that code; "2:" a signal, the kernel's way to say that memory is too much.
could() { [ "${ends[bare-$1]}" = 1:0 ] || { echo "        bare: ${ends[bare-$1]}"; journalctl -o cat -u "bare-$1" -n 5 --no-pager; return 1; }; }
could_not() { [ "${ends[with-$1]}" = 1:77 ] || [[ $1 = *take-much-memory && ${ends[with-$1]} = 2:9 ]] || { echo "        with it: ${ends[with-$1]}"; journalctl -o cat -u "with-$1" -n 5 --no-pager; return 1; }; }
alone_it_refuses() { could "$1" && could_not "$1"; }
for expectation in "${expectations[@]}"; do
    read -r name probe id <<< "$expectation"
    check "$name=: ${probe//_/ }" alone_it_refuses "$id"
done

# MARK: All of it

# In the unit's own sandbox; what came of it is in $work/all.
in_sandbox() { # PROBE... | all
    cat > /etc/systemd/system/activationd.service.d/probe.conf << END
[Service]
Type=oneshot
Restart=no
WatchdogSec=0
ExecStart=
ExecStart=$python -I -S -B $probes/probes.py $*
BindReadOnlyPaths=$python $library $probes
ExecPaths=+$python
$environment
StandardOutput=truncate:$work/all
StandardError=journal
END
    systemctl daemon-reload
    systemctl start activationd || return 1
    rm /etc/systemd/system/activationd.service.d/probe.conf
    systemctl daemon-reload
}
skeleton() { find /usr/lib/activationd -printf '%p %y %l %m\n' | sort; }
before=$(skeleton)
check "the probes run in the unit's own sandbox" in_sandbox all
# What the daemon needs, and what no directive of this systemd or kernel refuses.
needs="reach_loopback reach_stub reach_private reach_public share_network"
[ "$has_bpf" = 1 ] || needs+=" listen_on_a_port"
[[ $controllers = *pids* ]] || needs+=" start_many_threads"
while read -r probe end; do
    case " $needs " in
    *" $probe "*) check "in the sandbox it could: ${probe//_/ }" test "$end" = could ;;
    *) check "in the sandbox it could not: ${probe//_/ }" test "$end" = could-not ;;
    esac
done < "$work/all"
check "every probe was tried there" test "$(wc -l < "$work/all")" = "$(/usr/bin/python3 -I -S -B $probes/probes.py list | wc -l)"
check "the root is as it was installed" test "$(skeleton)" = "$before"

# MARK: With drop-ins

# A resolver's stub answers at 127.0.0.53, which is all of loopback that the narrow way out has.
reached() { grep -qx "$1 $2" "$work/all"; }
shipped_drop_in narrow-egress
check "drop-in narrow-egress: the probes run" in_sandbox reach_public reach_private reach_loopback reach_stub reach_link_local
check "drop-in narrow-egress: the Internet is reached" reached reach_public could
check "drop-in narrow-egress: so is the resolver's stub" reached reach_stub could
for place in private loopback link_local; do check "drop-in narrow-egress: ${place/_/ } is not" reached "reach_$place" could-not; done
rm /etc/systemd/system/activationd.service.d/narrow-egress.conf
shipped_drop_in sealed
mkdir -p /run/activationd-egress
check "drop-in sealed: the probes run" in_sandbox reach_public reach_private reach_loopback reach_stub reach_link_local listen_on_a_port share_network
for place in public private loopback stub link_local; do check "drop-in sealed: ${place/_/ } is not reached" reached "reach_$place" could-not; done
check "drop-in sealed: it does not listen" reached listen_on_a_port could-not
check "drop-in sealed: its network is its own" reached share_network could-not
rm /etc/systemd/system/activationd.service.d/sealed.conf
systemctl daemon-reload
systemctl stop activationd-egress.socket

# MARK: No directive without a probe

# Those of a service's life, and those that say where things are, are tried by what uses them, in this case and others.
untried "Type|NotifyAccess|ExecStart|ExecReload|Restart|RestartSec|RestartPreventExitStatus|TimeoutStartSec|TimeoutStopSec"
untried "TimeoutAbortSec|WatchdogSec|KillMode|LogRateLimitIntervalSec|OOMPolicy|Environment|LoadCredential"
untried "StateDirectory|StateDirectoryMode|RuntimeDirectory|RuntimeDirectoryMode"
untried "MountAPIVFS|BindReadOnlyPaths|ExecPaths" # with RootDirectory and NoExecPaths
untried KeyringMode # what systemd does for every service; said because the score asks for it
forgotten=
for directive in $(sed -n '/^\[Service\]/,/^\[/s/^\([A-Za-z]*\)=.*/\1/p' $unit_file | sort -u); do
    [[ $tried = *" $directive "* ]] || forgotten+=" $directive"
done
check "every directive of the unit is tried, or known not to be:$forgotten" test -z "$forgotten"

# MARK: The daemon in it

configure
simulate
check "the daemon starts" systemctl start activationd
pid=$(main_pid)
of_process() { [ "$(awk -v field="$1:" '$1 == field { print $2 }' "/proc/$pid/status")" = "$2" ]; }
check "it is nobody that the host knows" refused grep -q "^[^:]*:[^:]*:$(stat -c %u "/proc/$pid"):" /etc/passwd
for set in CapInh CapPrm CapEff CapBnd CapAmb; do check "it has no capability ($set)" of_process $set 0000000000000000; done
check "it gets none" of_process NoNewPrivs 1
check "its calls are filtered" of_process Seccomp 2
for kind in mnt ipc user uts; do
    check "its namespace is its own ($kind)" test "$(readlink "/proc/$pid/ns/$kind")" != "$(readlink "/proc/1/ns/$kind")"
done
limit() { awk -v name="$1" 'index($0, name) == 1 { print $(NF - 2), $(NF - 1) }' "/proc/$pid/limits"; }
check "it leaves no core" test "$(limit "Max core file size")" = "0 0"
check "it opens so many files" test "$(limit "Max open files")" = "1024 1024"
check "a crash prints no memory" grep -qz '^SWIFT_BACKTRACE=enable=no$' "/proc/$pid/environ"
check "limits are parsed" test "$(property TasksMax) $(property MemoryMax) $(property MemoryHigh) $(property MemorySwapMax) $(property OOMPolicy)" = \
    "64 536870912 402653184 0 kill"

root=/proc/$pid/root
mounts() { awk '$2 !~ /^\/(proc|dev\/pts)$/ && $4 ~ /(^|,)rw(,|$)/ { print $2 }' "/proc/$pid/mounts" | sort | tr '\n' ' '; }
check "it may write to its own places only" test "$(mounts)" = "/run/activationd /tmp /var/lib/activationd /var/tmp "
runs() { awk '$4 !~ /noexec/ && $4 ~ /rw/ { print $2 }' "/proc/$pid/mounts"; }
check "nothing that it may write runs" test -z "$(runs)"
check "its state is its own" test "$(stat -c %a /var/lib/private/activationd)" = 700
check "it sees these settings" test "$(find $root/etc -maxdepth 1 -mindepth 1 -printf '%f\n' | sort | tr '\n' ' ')" = \
    "$(for f in activationd hosts nsswitch.conf passwd pki resolv.conf ssl; do [ -e $root/etc/$f ] && printf '%s ' $f; done)"
check "of /etc it sees no more than that" refused test -e $root/etc/other-settings
check "it sees its configuration" cmp -s $root/etc/activationd/activationd.toml /etc/activationd/activationd.toml
programs() { find $root/usr $root/etc $root/run $root/var -path "$root/usr/lib/*-linux-gnu" -prune -o -type f -perm /111 -size +4k -print | sed "s|^$root||" | sort | tr '\n' ' '; }
check "it sees these programs" test "$(programs)" = "$(sed 's|^|/usr/bin/activationctl |' <<< /usr/lib64/ld-linux-x86-64.so.2) /usr/sbin/activationd " -o \
    "$(programs)" = "/usr/bin/activationctl /usr/lib/ld-linux-aarch64.so.1 /usr/sbin/activationd "
check "it delivers" exits 0 activationctl fire sale --wait
check "systemctl reload runs in there too" systemctl reload activationd
check "it has not been restarted" property_is NRestarts 0
