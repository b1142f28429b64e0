// What libwebp needs of C's library, which wasm32-unknown-unknown does not have: libc.rs has it from Rust's. Under
// names of our own, because a compiler that knows what `calloc` means may write a call of it into its definition.
#pragma once

#include <stddef.h>

#define malloc tintype_malloc
#define calloc tintype_calloc
#define free tintype_free
#define qsort tintype_qsort

void* malloc(size_t size);
void* calloc(size_t count, size_t size);
void free(void* block);
void qsort(void* base, size_t count, size_t size, int (*compare)(const void*, const void*));

#define abs __builtin_abs
