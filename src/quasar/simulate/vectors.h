/* What the files of the library of `small_state.c` share. */

#ifndef QUASAR_VECTORS_H
#define QUASAR_VECTORS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#define INDEPENDENT _Pragma("clang loop vectorize(assume_safety)")
#else
#define INDEPENDENT _Pragma("GCC ivdep")
#endif

/* Compiled for wider vectors too, which the processor then chooses: the same bits from both. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__)
#define WIDE __attribute__((target_clones("avx2", "default"), flatten))
#else
#define WIDE
#endif

#pragma GCC visibility push(hidden)

/* Room for that many numbers, which the thread keeps: fresh pages cost more than small circuits.
   The next call may give the same room; NULL where memory ran out. */
double *room(size_t count);

/* Give back a large room, which would otherwise be kept for nothing. */
enum { MOST_KEPT = 1 << 18 };
void leave(void);

#pragma GCC visibility pop

#endif
