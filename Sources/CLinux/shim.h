// What the kernel and the C library offer and Swift's Glibc module leaves out.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/vfs.h>

static inline int activationd_forget_text_of(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    (void)context;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        // Code that nobody may write is as in its file; anything else may hold what the loader or we wrote.
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || (header->p_flags & PF_W)) continue;
        const ElfW(Addr) page = 4096;
        ElfW(Addr) start = (object->dlpi_addr + header->p_vaddr + page - 1) & ~(page - 1);
        ElfW(Addr) end = (object->dlpi_addr + header->p_vaddr + header->p_memsz) & ~(page - 1);
        if (object->dlpi_addr != 0 && start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

// Unmaps the pages of code: those that are needed again come back from the page cache, one minor fault each.
static inline void activationd_forget_text(void) {
    dl_iterate_phdr(activationd_forget_text_of, 0);
}
