/* Reads all of an image once: checks it, and keeps what image_map will put in place. Reading ahead is left to the kernel. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_chunks.h"
#include "image_mapped_file.h"
#include "image_stage.h"
#include "image_why.h"
#include "image_workers.h"

enum { BYTES_PER_WORKER = 256 << 10 }; /* starting one for less costs more than it brings */

struct verifier {
  const struct image *image;
  int64_t *away;
  pthread_mutex_t lock; /* all below */
  uint64_t next;        /* chunk */
  bool failed;
  char *why;
};

static void work(void *argument) {
  struct verifier *v = argument;
  struct image_chunks chunks;
  char why[IMAGE_WHY_SIZE];
  int done = image_chunks_begin(&chunks, v->image, why);
  pthread_mutex_lock(&v->lock);
  while (done == 0 && !v->failed && v->next < v->image->chunk_count) {
    uint64_t first = v->next, count = image_chunks_batch(v->image, first, v->image->chunk_count);
    v->next += count;
    pthread_mutex_unlock(&v->lock);
    done = image_chunks_load(&chunks, first, count, v->away + first);
    pthread_mutex_lock(&v->lock);
  }
  if (done != 0 && !v->failed) memcpy(v->why, why, sizeof why);
  v->failed |= done != 0;
  pthread_mutex_unlock(&v->lock);
  image_chunks_end(&chunks);
}

static int verify_memory(struct image *image, char *why) {
  struct verifier v = {.image = image, .why = why};
  image_stages_free(image);
  if (!(v.away = malloc((image->chunk_count + 1) * sizeof *v.away))) return image_why(why, "out of memory");
  pthread_mutex_init(&v.lock, NULL);
  v.failed = image_stages_make(image, v.away, why) != 0;
  int workers = image_workers_count();
  if (image->file_length / BYTES_PER_WORKER < (uint64_t)workers)
    workers = 1 + (int)(image->file_length / BYTES_PER_WORKER);
  if (!v.failed) image_workers_run(workers, work, &v);
  free(v.away);
  return v.failed ? -1 : 0;
}

/* Files that memory is shared through are looked at; their contents are the mapping's. */
static int verify_shared_files(const struct image *image, char *why) {
  for (uint64_t i = 0; i < image->region_count; i++) {
    if (!image_mapped_file_is_shared(&image->region[i])) continue;
    int fd = image_mapped_file_open(image, &image->region[i], why);
    if (fd < 0) return -1;
    close(fd);
  }
  return 0;
}

int image_verify(struct image *image, char why[IMAGE_WHY_SIZE]) {
  if (verify_shared_files(image, why) != 0) return -1;
  if (verify_memory(image, why) != 0) {
    image_stages_free(image);
    return -1;
  }
  for (size_t i = 0; i < image->section_count; i++) {
    size_t length;
    if (!image_section(image, image->section[i].kind, &length, why)) return -1;
  }
  return 0;
}
