// A target of its own, compiled with the C library's GNU part: in a module map that part would give other definitions of
// the C library's types than the rest of the program sees.

#define _GNU_SOURCE
#include "CMemory.h"

#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

void activationd_bound_arenas(int count) { mallopt(M_ARENA_MAX, count); }

void activationd_trim(void) { malloc_trim(0); }

static int forget_code_of(struct dl_phdr_info *object, size_t size, void *context) {
    (void)size;
    (void)context;
    const ElfW(Addr) page = (ElfW(Addr))sysconf(_SC_PAGESIZE);
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &object->dlpi_phdr[i];
        // Code that nobody may write is as in its file; anything else may hold what the loader or we wrote.
        if (header->p_type != PT_LOAD || !(header->p_flags & PF_X) || (header->p_flags & PF_W)) continue;
        ElfW(Addr) start = (object->dlpi_addr + header->p_vaddr + page - 1) & ~(page - 1);
        ElfW(Addr) end = (object->dlpi_addr + header->p_vaddr + header->p_memsz) & ~(page - 1);
        // The kernel's own vdso is no file.
        if (object->dlpi_name[0] == '\0' && object->dlpi_addr == 0) continue;
        if (start < end) madvise((void *)start, end - start, MADV_DONTNEED);
    }
    return 0;
}

void activationd_forget_code(void) { dl_iterate_phdr(forget_code_of, NULL); }
