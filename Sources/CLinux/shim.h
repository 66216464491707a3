// What the kernel and the C library offer and Swift's Glibc module leaves out.
#pragma once
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/un.h>
#include <sys/vfs.h>

// glibc 2.34, for GNU programs only.
int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// prctl is variadic, which Swift does not import. Neither a core dump nor another process of the same user may read memory.
static inline void activationd_make_undumpable(void) { prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }
