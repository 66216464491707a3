// What the kernel and the C library offer and Swift's Glibc module leaves out.
#pragma once
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/vfs.h>
