// For tests: put between the daemon and its libraries by LD_PRELOAD. It makes one part of the daemon hang while a file is in the
// runtime directory, it makes a start slow, and it writes down what systemd is told.
//
//   wedge-client      the event loop waits for ever
//   wedge-queue       the timer of the runtime's queue, set after each event, is never set
//   wedge-journal     a sync never returns
//   wedge-control     whoever connects to the control socket is not heard
//   WEDGE_START_MS    so long takes the first sync of the process
//
// What systemd is told is in notifications in the state directory, a line each: microseconds of the monotonic clock, then
// what was sent, with "|" for each end of a line.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void sleep_ms(long milliseconds) {
    struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&time, NULL);
}

static int is_wedged(const char *part) {
    char path[256];
    const char *directory = getenv("RUNTIME_DIRECTORY");
    snprintf(path, sizeof path, "%s/wedge-%s", directory ? directory : "/run/activationd", part);
    int error = errno;
    int found = access(path, F_OK) == 0;
    errno = error;
    return found;
}

static void hang_if_wedged(const char *part) {
    while (is_wedged(part)) sleep_ms(20);
}

// MARK: journal

static void before_sync(void) {
    static atomic_flag has_begun = ATOMIC_FLAG_INIT;
    const char *milliseconds = getenv("WEDGE_START_MS");
    if (!atomic_flag_test_and_set(&has_begun) && milliseconds) sleep_ms(atol(milliseconds));
    hang_if_wedged("journal");
}

int fsync(int descriptor) {
    before_sync();
    return REAL(fsync)(descriptor);
}

int fdatasync(int descriptor) {
    before_sync();
    return REAL(fdatasync)(descriptor);
}

// MARK: client

int epoll_wait(int descriptor, struct epoll_event *events, int count, int timeout) {
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof name);
    int found = REAL(epoll_wait)(descriptor, events, count, timeout);
    if (strncmp(name, "NIO-", 4) == 0) hang_if_wedged("client");
    return found;
}

// MARK: queue

int timerfd_settime(int descriptor, int flags, const struct itimerspec *value, struct itimerspec *before) {
    // Dispatch has timers of this kind too. Only the daemon's is to be told when the clock is set.
    if (flags & TFD_TIMER_CANCEL_ON_SET) hang_if_wedged("queue");
    return REAL(timerfd_settime)(descriptor, flags, value, before);
}

// MARK: control

// In place of a client's connection, one on which nothing ever comes; the client waits.
static int silenced(int connection) {
    int pair[2];
    if (connection < 0 || !is_wedged("control")) return connection;
    struct sockaddr_storage address = {0};
    socklen_t length = sizeof address;
    if (getsockname(connection, (struct sockaddr *)&address, &length) != 0 || address.ss_family != AF_UNIX) return connection;
    if (fcntl(connection, F_DUPFD_CLOEXEC, 0) < 0) return connection;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) != 0) return connection;
    return dup3(pair[0], connection, O_CLOEXEC);
}

int accept(int descriptor, struct sockaddr *address, socklen_t *length) {
    return silenced(REAL(accept)(descriptor, address, length));
}

int accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags) {
    return silenced(REAL(accept4)(descriptor, address, length, flags));
}

// MARK: systemd

int sd_notify(int unset, const char *state);

int sd_notify(int unset, const char *state) {
    char path[256], line[1024];
    const char *directory = getenv("STATE_DIRECTORY");
    snprintf(path, sizeof path, "%s/notifications", directory ? directory : "/var/lib/activationd");
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(line, sizeof line, "%lld %s\n", now.tv_sec * 1000000LL + now.tv_nsec / 1000, state);
    if (length >= (int)sizeof line) length = sizeof line - 1;
    for (int i = 0; i < length - 1; i++)
        if (line[i] == '\n') line[i] = '|';
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0) {
        ssize_t written = write(file, line, length);
        (void)written;
        close(file);
    }
    return REAL(sd_notify)(unset, state);
}
