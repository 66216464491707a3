// libsystemd's notification protocol and journal, as one module. pkg-config supplies the linker flag.
#pragma once
#include <sys/socket.h>
#include <sys/uio.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-id128.h>
#include <systemd/sd-journal.h>
