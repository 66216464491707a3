// libFuzzer's driver, which the toolchain links with `-sanitize=fuzzer`. It declares no header of its own.
#pragma once

#include <stddef.h>
#include <stdint.h>

/// Runs `subject` until time, runs or luck end: see https://llvm.org/docs/LibFuzzer.html for the arguments.
int LLVMFuzzerRunDriver(int *count, char ***arguments, int (*subject)(const uint8_t *bytes, size_t length));
