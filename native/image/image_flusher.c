#include "image_flusher.h"

#include <errno.h>
#include <fcntl.h>

enum { STEP_BYTES = 16 << 20, STACK_BYTES = 2 << 20 };

static void *flush(void *memory) {
  struct image_flusher *f = memory;
  pthread_mutex_lock(&f->lock);
  while (!f->ended && !f->problem) {
    uint64_t from = f->flushed, length = f->written - from;
    if (length < STEP_BYTES) {
      pthread_cond_wait(&f->changed, &f->lock);
      continue;
    }
    f->flushed += length;
    pthread_mutex_unlock(&f->lock);
    /* All three: the writes count as those of somebody who waits. */
    unsigned how = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    int problem = sync_file_range(f->fd, (off_t)from, (off_t)length, how) != 0 ? errno : 0;
    pthread_mutex_lock(&f->lock);
    bool no_such_call = problem == ENOSYS || problem == EINVAL || problem == ESPIPE;
    if (!no_such_call) f->problem = problem;
  }
  pthread_mutex_unlock(&f->lock);
  return NULL;
}

void image_flusher_start(struct image_flusher *flusher, int fd, uint64_t offset) {
  pthread_attr_t attributes;
  *flusher = (struct image_flusher){.fd = fd, .written = offset, .flushed = offset};
  pthread_mutex_init(&flusher->lock, NULL);
  pthread_cond_init(&flusher->changed, NULL);
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, STACK_BYTES);
  flusher->running = pthread_create(&flusher->thread, &attributes, flush, flusher) == 0;
  pthread_attr_destroy(&attributes);
}

void image_flusher_wrote(struct image_flusher *flusher, uint64_t offset) {
  if (!flusher->running) return;
  pthread_mutex_lock(&flusher->lock);
  flusher->written = offset;
  if (offset - flusher->flushed >= STEP_BYTES) pthread_cond_signal(&flusher->changed);
  pthread_mutex_unlock(&flusher->lock);
}

int image_flusher_end(struct image_flusher *flusher) {
  if (!flusher->running) return 0;
  pthread_mutex_lock(&flusher->lock);
  flusher->ended = true;
  pthread_cond_signal(&flusher->changed);
  pthread_mutex_unlock(&flusher->lock);
  pthread_join(flusher->thread, NULL);
  flusher->running = false;
  return flusher->problem;
}
