/* Threads of the lower half, and lenders: for each upper thread that crosses, a lower thread which exists only to own a
 * thread-local block (libc's tcache, errno, the MPI's per-thread state) that the upper thread runs on. */
#ifndef MANA_LOWER_THREADS_H
#define MANA_LOWER_THREADS_H
#include <stdbool.h>
#include <stdint.h>

/* Starts the thread that makes lenders: an upper thread without a lower FS cannot call libc to make its own. */
void lower_threads_start(void);

/* Services SVC_ATTACH and SVC_DETACH, split_abi.h. Called with the UPPER FS: raw futexes only. */
uint64_t lower_thread_attach(uint64_t upper_fs);
void lower_thread_detach(uint64_t lower_fs);

/* With the upper FS, too: the thread that makes lenders calls `work`, which is short. For an upper thread that has no lower FS. */
typedef long lower_thread_work(long a, long b, long c, long d, long e, long f);
long lower_thread_carry_out(lower_thread_work *work, const long argument[6]);

/* Whether a task of this process was made by the lower half (all that go through pthread_create). */
bool lower_thread_is_own(int tid) __attribute__((warn_unused_result));

/* The upper FS of one upper thread after the other that runs on a lent block; 0 after the last. *cursor begins as 0. */
uint64_t lower_thread_next_lent(int *cursor);

/* Offset from a lower FS to the word that holds the upper FS of the thread which runs on it. */
int64_t lower_thread_upper_fs_offset(void);
#endif
