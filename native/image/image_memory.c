#include "image_memory.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_pages.h"
#include "image_why.h"
#include "image_window.h"
#include "image_workers.h"

/* SLOTS windows are on their way at a time. A write is of at least BATCH bytes while they are still in the processor's cache from the
 * checksum: 4 MiB were measurably slower. */
enum { SLOTS_PER_WORKER = 4, SLOTS_MAX = SLOTS_PER_WORKER * IMAGE_WORKERS_MAX, BATCH = 1 << 20 };

struct slot {
  bool ready;
  struct image_window window;
};

struct line {
  struct image_memory *memory;
  struct image_pages pages;
  int self_memory; /* /proc/self/mem */
  int slots;
  uint8_t *buffers;
  pthread_mutex_t
      lock; /* all below; what is in a slot belongs to the thread that makes it ready, then to the one that writes it */
  pthread_cond_t changed;
  size_t area, area_end; /* where the next window is looked for */
  uint64_t at;
  uint64_t written, taken; /* windows so far: those between them are in slot[number % slots] */
  bool writing, ended, failed;
  char *why;
  struct slot slot[SLOTS_MAX];
};

static struct slot *slot_of(struct line *line, uint64_t number) {
  return &line->slot[number % (uint64_t)line->slots];
}

/* --- lock held ------------------------------------------------------------------------------------------------------- */
static void fail(struct line *line, const char *why) {
  if (!line->failed) memcpy(line->why, why, IMAGE_WHY_SIZE);
  line->failed = true;
}

/* Finds the next window. */
static void take(struct line *line, struct image_coder *coder, char *why) {
  struct slot *slot = slot_of(line, line->taken);
  struct image_areas *areas = line->memory->areas;
  int found = 0;
  for (; line->area < line->area_end; line->area++, line->at = 0) {
    struct image_window *w = &slot->window;
    w->area = &areas->area[line->area];
    found = image_pages_next(&line->pages, w->area, line->at, &w->chunk.address, w->bits, why);
    if (found > 0 && image_pages_unmodified(&line->pages, w->area, w->chunk.address, w->unmodified, why) != 0)
      found = -1;
    if (found) break;
  }
  if (found < 0) fail(line, why);
  if (found <= 0) {
    line->ended = true;
    return;
  }
  slot->ready = false;
  line->at = slot->window.chunk.address + IMAGE_WINDOW;
  line->taken++;
  pthread_mutex_unlock(&line->lock);
  int done = image_window_fill(&slot->window, line->self_memory, line->memory->codec, coder, why);
  pthread_mutex_lock(&line->lock);
  slot->ready = true;
  if (done != 0) fail(line, why);
}

/* How many of the next windows in order are ready, as far as they make a batch. */
static uint64_t ready(struct line *line, uint64_t *bytes) {
  uint64_t count = 0;
  *bytes = 0;
  while (line->written + count < line->taken && *bytes < BATCH) {
    struct slot *slot = slot_of(line, line->written + count);
    if (!slot->ready) break;
    *bytes += slot->window.chunk.stored;
    count++;
  }
  return count;
}

/* --- one thread at a time, without the lock -------------------------------------------------------------------------- */
static int add_chunk(struct image_memory *m, struct image_area *area, const struct image_chunk *added, char *why) {
  if (m->chunk_count == m->chunk_capacity) {
    size_t capacity = m->chunk_capacity ? 2 * m->chunk_capacity : 1024;
    struct image_chunk *more = realloc(m->chunk, capacity * sizeof *more);
    if (!more) return image_why(why, "out of memory");
    m->chunk = more;
    m->chunk_capacity = capacity;
  }
  struct image_chunk *chunk = &m->chunk[m->chunk_count++];
  *chunk = *added;
  chunk->offset = m->out->offset;
  area->region.chunk_count++;
  return 0;
}

static int add_window(struct image_memory *m, const struct image_window *w, char *why) {
  if (w->chunk.stored) {
    const uint64_t *pages = w->chunk.pages;
    if (!image_output_has_room(m->out, w->run_count) && image_output_flush(m->out) != 0) return -1;
    if (add_chunk(m, w->area, &w->chunk, why) != 0) return -1;
    for (int i = 0; i < IMAGE_PAGE_WORDS; i++) m->bytes += IMAGE_PAGE * (uint64_t)__builtin_popcountll(pages[i]);
    for (size_t i = 0; i < w->run_count; i++) image_output_add(m->out, w->run[i].iov_base, w->run[i].iov_len);
  }
  return w->referring.flags ? add_chunk(m, w->area, &w->referring, why) : 0;
}

static int write_windows(struct line *line, uint64_t first, uint64_t count, char *why) {
  struct image_memory *m = line->memory;
  m->out->why = why;
  for (uint64_t i = first; i < first + count; i++) {
    if (add_window(m, &slot_of(line, i)->window, why) != 0) return -1;
  }
  return image_output_flush(m->out);
}

/* --- the threads ----------------------------------------------------------------------------------------------------- */
static void write_ready(struct line *line, uint64_t count, char *why) {
  uint64_t first = line->written;
  line->writing = true;
  pthread_mutex_unlock(&line->lock);
  int done = write_windows(line, first, count, why);
  pthread_mutex_lock(&line->lock);
  line->writing = false;
  line->written += count;
  if (done != 0) fail(line, why);
}

static void work(void *argument) {
  struct line *line = argument;
  struct image_coder coder = {0};
  char why[IMAGE_WHY_SIZE];
  pthread_mutex_lock(&line->lock);
  while (!line->failed && !(line->ended && line->written == line->taken)) {
    uint64_t bytes, count = line->writing ? 0 : ready(line, &bytes);
    bool full = line->taken - line->written == (uint64_t)line->slots;
    if (count && (bytes >= BATCH || full || line->ended)) {
      write_ready(line, count, why);
    } else if (!full && !line->ended) {
      take(line, &coder, why);
    } else {
      pthread_cond_wait(&line->changed, &line->lock);
      continue;
    }
    pthread_cond_broadcast(&line->changed);
  }
  pthread_mutex_unlock(&line->lock);
  image_coder_free(&coder);
}

static int run(struct line *line, int workers, size_t area_end) {
  line->area_end = area_end;
  line->ended = false;
  image_workers_run(workers, work, line);
  return line->failed ? -1 : 0;
}

static int run_all(struct line *line, int workers) {
  const struct image_memory *m = line->memory;
  size_t count = m->areas->count;
  if (!m->halfway || !count) return run(line, workers, count);
  if (run(line, workers, count / 2 + 1) != 0 || m->halfway(line->why) != 0) return -1;
  return run(line, workers, count);
}

static int open_line(struct line *line) {
  line->self_memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  if (line->self_memory < 0) return image_why(line->why, "cannot read /proc/self/mem: %s", strerror(errno));
  /* What is not touched takes no memory. */
  line->buffers = malloc((size_t)line->slots * 2 * IMAGE_WINDOW);
  if (!line->buffers) return image_why(line->why, "out of memory");
  for (int i = 0; i < line->slots; i++) {
    line->slot[i].window.copy = line->buffers + (size_t)i * 2 * IMAGE_WINDOW;
    line->slot[i].window.packed = line->slot[i].window.copy + IMAGE_WINDOW;
  }
  return image_pages_open(&line->pages, line->why);
}

int image_memory_write(struct image_memory *memory, char why[IMAGE_WHY_SIZE]) {
  int workers = image_workers_count();
  struct line *line = calloc(1, sizeof *line);
  if (!line) return image_why(why, "out of memory");
  line->memory = memory;
  line->slots = workers * SLOTS_PER_WORKER;
  line->why = why;
  line->pages.pagemap = -1;
  pthread_mutex_init(&line->lock, NULL);
  pthread_cond_init(&line->changed, NULL);
  int done = open_line(line);
  if (done == 0) done = run_all(line, workers);
  memory->out->why = why;
  image_pages_close(&line->pages);
  if (line->self_memory >= 0) close(line->self_memory);
  free(line->buffers);
  free(line);
  return done;
}

void image_memory_free(struct image_memory *memory) {
  free(memory->chunk);
}
