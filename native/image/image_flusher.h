/* Brings to the disk what has been written of a file while the rest is being written; else nearly all of it would wait for fsync(2). A thread of
 * its own, which mostly sleeps: a writer that asks for writeback itself (SYNC_FILE_RANGE_WRITE alone) is held up by a busy disk, and is throttled
 * like the kernel's background writes. */
#ifndef MANA_IMAGE_FLUSHER_H
#define MANA_IMAGE_FLUSHER_H
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct image_flusher {
  int fd;
  bool running;
  pthread_t thread;
  pthread_mutex_t lock; /* all below */
  pthread_cond_t changed;
  uint64_t written, flushed; /* offsets in the file */
  bool ended;
  int problem; /* errno; once told, fsync does not tell it again */
};

/* From `offset` on. Where no thread can be started it does nothing. */
void image_flusher_start(struct image_flusher *flusher, int fd, uint64_t offset);
/* The file is written up to `offset`. */
void image_flusher_wrote(struct image_flusher *flusher, uint64_t offset);
/* Waits for what is under way. 0, or the errno of what could not be written. What remains is for fsync. Once more: 0. */
int image_flusher_end(struct image_flusher *flusher) __attribute__((warn_unused_result));
#endif
