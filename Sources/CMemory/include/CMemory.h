// What is given back to the kernel, and what Swift's Glibc module does not offer for it.
#pragma once

// Bounds the allocator's arenas. Before there are threads.
void activationd_bound_arenas(int count);

// Gives the allocator's free blocks back.
void activationd_trim(void);

// Unmaps the pages of code: those that are needed again come back from the page cache, one minor fault each.
void activationd_forget_code(void);
