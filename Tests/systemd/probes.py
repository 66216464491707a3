#!/usr/bin/python3
# What a hardened service must not be able to do, tried: `probes.py NAME...` tries these, `probes.py all` every one.
#
# A probe returns when it could, and raises `CouldNot` or an OSError when it could not. Exit code: 0 could, 77 could not, 1 the
# probe itself is broken. With several, a line for each: its name, and could, could-not, killed or broken.

import ctypes, mmap, os, resource, socket, stat, struct, subprocess, sys, threading

libc = ctypes.CDLL(None, use_errno=True)
PLACE = os.path.dirname(os.path.abspath(__file__))
MACHINE = os.uname().machine


class CouldNot(Exception):
    pass


def claim(is_so, why="it is not so"):
    if not is_so:
        raise CouldNot(why)


def call(name, *arguments):
    result = getattr(libc, name)(*arguments)
    if result == -1:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


# The kernel's numbers, where the C library has no function.
NUMBERS = {
    "x86_64": {"io_uring_setup": 425, "keyctl": 250, "io_setup": 206},
    "aarch64": {"io_uring_setup": 425, "keyctl": 219, "io_setup": 0},
}


def kernel(name, *arguments):
    return call("syscall", NUMBERS[MACHINE][name], *arguments)


def status(field):
    for line in open("/proc/self/status"):
        if line.startswith(field + ":"):
            return line.split()[1]


def writable():
    """Where this process may write."""
    for place in [os.environ.get("STATE_DIRECTORY"), os.environ.get("RUNTIME_DIRECTORY"), "/tmp", "/var/tmp", "/dev/shm", "/run"]:
        if place and os.access(place, os.W_OK):
            yield place


def scratch(name):
    return os.path.join(next(writable()), f"{name}.{os.getpid()}")


# MARK: Who it is


def be_root():
    claim(os.getuid() == 0)


def know_owners():
    claim(os.stat(PLACE + "/owned-by-daemon").st_uid == 1, "somebody else's file shows as nobody's")


def gain_by_setuid():
    def become_nobody():
        if os.getuid() == 0:
            os.setgroups([])
            os.setresgid(65534, 65534, 65534)
            os.setresuid(65534, 65534, 65534)

    output = subprocess.run([PLACE + "/setuid-id", "-u"], preexec_fn=become_nobody, capture_output=True).stdout
    claim(output == b"0\n")


def have_capabilities():
    claim(int(status("CapEff"), 16) != 0)


def keep_capabilities():
    claim(int(status("CapBnd"), 16) != 0)


def give_a_file_away():
    path = scratch("given")
    open(path, "w").close()
    try:
        os.chown(path, 1, 1)
    finally:
        os.unlink(path)


def leave_files_to_all():
    path = scratch("mask")
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o666))
    mode = os.stat(path).st_mode
    os.unlink(path)
    claim(mode & 0o077)


def make_setuid():
    path = scratch("setuid")
    open(path, "w").close()
    try:
        os.chmod(path, 0o4755)
    finally:
        os.unlink(path)


# MARK: What it sees


def see_a_shell():
    claim(os.path.exists("/bin/sh"))


def read_other_settings():
    claim(os.path.exists("/etc/other-settings"))


def see_the_machine():
    claim(os.path.isdir("/sys/class"))


def run_what_it_wrote():
    failure = CouldNot("there is nowhere to write")
    for place in writable():
        path = f"{place}/program.{os.getpid()}"
        try:
            with open(path, "wb") as copy, open("/proc/self/exe", "rb") as program:
                copy.write(program.read())
            os.chmod(path, 0o700)
            subprocess.run([path, "-I", "-S", "-c", ""], check=True)
            return
        except OSError as error:
            failure = error
        finally:
            if os.path.exists(path):
                os.unlink(path)
    raise failure


def map_what_it_wrote():
    """As code: what a library would be, that was written here."""
    failure = CouldNot("there is nowhere to write")
    for place in writable():
        path = f"{place}/library.{os.getpid()}"
        try:
            with open(path, "w+b") as file:
                file.write(b"\0" * 4096)
                file.flush()
                mmap.mmap(file.fileno(), 4096, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_EXEC)
            return
        except OSError as error:
            failure = error
        finally:
            if os.path.exists(path):
                os.unlink(path)
    raise failure


def write_the_system():
    failure = None
    for place in ["/usr", "/etc", "/srv", "/usr/lib", "/"]:
        path = f"{place}/.probe.{os.getpid()}"
        try:
            open(path, "w").close()
            os.unlink(path)
            return
        except OSError as error:
            failure = error
    raise failure


def look_into_homes():
    claim(os.path.exists("/root/seen") or os.path.exists("/home/seen"))


def see_others_tmp():
    claim(os.path.exists("/tmp/seen") or os.path.exists("/var/tmp/seen"))


def share_mounts():
    claim(os.readlink("/proc/self/ns/mnt") == os.environ["HOST_MNT"])


def share_ipc():
    claim(os.readlink("/proc/self/ns/ipc") == os.environ["HOST_IPC"])


def share_memory_files():
    claim(os.path.exists("/dev/shm/seen"))


def see_devices():
    claim(os.path.exists("/dev/probe"))


def use_devices():
    os.close(os.open(os.environ["DEVICE"], os.O_RDONLY | os.O_NONBLOCK))


def see_others_processes():
    claim(os.path.exists("/proc/1"))


def see_the_kernels_figures():
    claim(os.path.exists("/proc/meminfo"))


def make_control_groups():
    own = next(line for line in open("/proc/self/cgroup") if line.startswith("0::")).strip()[3:]
    path = f"/sys/fs/cgroup{own}/probe"
    os.mkdir(path)
    os.rmdir(path)


def tune_the_kernel():
    with open("/proc/sys/net/ipv4/ip_forward", "r+") as file:
        value = file.read()
        file.seek(0)
        file.write(value)


def see_modules():
    claim(os.path.exists("/usr/lib/modules/seen"))


def see_the_kernels_log():
    claim(os.stat("/proc/kmsg").st_mode & 0o400)


def ask_the_clock():
    # Only asks how it is tuned, which everybody may.
    call("adjtimex", ctypes.create_string_buffer(512))


def set_the_hostname():
    socket.sethostname(socket.gethostname())


# MARK: Whom it talks to


def talk_netlink():
    socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0).close()


def talk_raw():
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0).close()


def talk_to_virtual_machines():
    socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM, 0).close()


def listen_on_a_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))


def reach(address):
    try:
        socket.create_connection((address, 8088), timeout=0.5).close()
    except TimeoutError:
        raise CouldNot("what was sent was dropped") from None


def reach_loopback():
    reach("127.0.0.1")


def reach_link_local():
    reach("169.254.169.254")


def reach_private():
    reach("10.1.2.3")


def reach_stub():
    reach("127.0.0.53")


def reach_public():
    reach("198.51.100.5")


def share_network():
    claim(os.readlink("/proc/self/ns/net") == os.environ["HOST_NET"])


def send_multicast():
    # Unlike a connection's packets, a datagram that is dropped is told.
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("224.0.0.251", 5353))
        sender.send(b"x")


def send_reserved():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("240.0.0.1", 9))
        sender.send(b"x")


# MARK: What it asks of the kernel


def run_foreign_code():
    # The smallest program of 32 bits: exit(0).
    code = bytes.fromhex("31dbb801000000cd80")
    origin = 0x08048000
    header = b"\x7fELF\x01\x01\x01" + b"\0" * 9
    header += struct.pack("<HHIIIIIHHHHHH", 2, 3, 1, origin + 84, 52, 0, 0, 52, 32, 1, 0, 0, 0)
    header += struct.pack("<IIIIIIII", 1, 0, origin, origin, 84 + len(code), 84 + len(code), 5, 4096)
    path = scratch("foreign")
    with open(path, "wb") as file:
        file.write(header + code)
    os.chmod(path, 0o700)
    try:
        code = subprocess.run([path]).returncode
    finally:
        os.unlink(path)
    claim(code == 0, f"it ended with {code}")


def trace():
    call("ptrace", 0, 0, 0, 0)


def use_rings():
    kernel("io_uring_setup", 1, ctypes.create_string_buffer(120))


def use_kernel_aio():
    kernel("io_setup", 1, ctypes.byref(ctypes.c_ulong()))


def use_keyrings():
    kernel("keyctl", 0, -3, 1)


def change_user():
    os.setresuid(os.getuid(), os.getuid(), os.getuid())


def change_owner():
    path = scratch("owner")
    open(path, "w").close()
    try:
        os.chown(path, os.getuid(), os.getgid())
    finally:
        os.unlink(path)


def lock_memory():
    call("mlock", ctypes.create_string_buffer(64), 64)


def choose_processors():
    os.sched_setaffinity(0, os.sched_getaffinity(0))


def change_root():
    os.chroot("/")


def raise_niceness():
    # Must not fail, and must not do anything: no exception is caught here on purpose.
    try:
        os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + 1)
    except OSError as error:
        raise RuntimeError("it is refused aloud") from error
    claim(os.getpriority(os.PRIO_PROCESS, 0) != 0, "it only seemed to")


def make_user_namespaces():
    call("unshare", 0x10000000)


def make_mount_namespaces():
    call("unshare", 0x00020000)


def be_real_time():
    os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))


def change_personality():
    call("personality", 8)


def write_and_run_memory():
    mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)


# MARK: How much it may take


def dump_core():
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (4096, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    except ValueError as error:
        raise CouldNot(str(error)) from None


def dump_memory():
    claim(int(open("/proc/self/coredump_filter").read(), 16) != 0)


def open_many_files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 1500), hard))
    for _ in range(1100):
        os.open("/dev/null", os.O_RDONLY)


def start_many_threads():
    gate = threading.Event()
    threads = []
    try:
        for _ in range(100):
            threads.append(threading.Thread(target=gate.wait, daemon=True))
            threads[-1].start()
    except RuntimeError as error:
        raise CouldNot(str(error)) from None
    finally:
        gate.set()


def take_much_memory():
    block = bytearray(600 << 20)
    for i in range(0, len(block), 4096):
        block[i] = 1


# The kernel then kills what is with it in its control group: it is tried by itself, and not among all.
BY_THEMSELVES = {"take_much_memory"}


def try_one(name):
    try:
        globals()[name]()
    except (OSError, CouldNot) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 77
    return 0


def try_in_a_child(name):
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = try_one(name)
        except BaseException as error:
            print(f"{name}: {error!r}", file=sys.stderr)
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return {0: "could", 77: "could-not"}.get(code, "killed" if code < 0 else "broken")


if __name__ == "__main__":
    # What takes no argument is a probe.
    helpers = {"writable"} | BY_THEMSELVES
    every = [
        name for name, value in globals().items()
        if isinstance(value, type(claim)) and value.__code__.co_argcount == 0 and name not in helpers
    ]
    names = sys.argv[1:]
    if names == ["list"]:
        print("\n".join(every))
    elif len(names) == 1 and names != ["all"]:
        sys.exit(try_one(names[0]))
    else:
        for name in every if names == ["all"] else names:
            print(name, try_in_a_child(name), flush=True)
