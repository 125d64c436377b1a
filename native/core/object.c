/* Tables of objects: reserved at full size (pages appear as they are touched), free indices on a stack. */
#include "object.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "constants.h"
#include "lock.h"
#include "predefined.h"

struct core_object **core_table[MANA_KINDS];

static struct pool {
  uint32_t *free_indices; /* stack */
  uint32_t free_count;
  uint32_t next; /* never used before */
  core_lock_t lock;
} pools[MANA_KINDS];

enum { CHUNK_OBJECTS = 256 };

static void *reserve(size_t bytes) {
  void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

static void reset(struct core_object *o, enum mana_kind kind, mana_h h) {
  memset(o, 0, sizeof *o);
  o->handle = h;
  o->refs = 1;
  if (kind == MANA_KIND_COMM) {
    o->comm.rank = o->comm.size = o->comm.remote_size = o->comm.inter = -1;
    o->comm.in_degree = o->comm.out_degree = -1;
    o->comm.clock = CORE_CLOCK_UNKNOWN;
    o->errhandler = MANA_ERRORS_ARE_FATAL;
  } else if (kind == MANA_KIND_DATATYPE) {
    o->datatype.size = -1;
  } else if (kind == MANA_KIND_WIN || kind == MANA_KIND_SESSION) {
    o->errhandler = MANA_ERRORS_ARE_FATAL;
  } else if (kind == MANA_KIND_FILE) {
    o->errhandler = MANA_ERRORS_RETURN;
  }
}

/* Objects of one chunk lie side by side: neighbours in time are neighbours in memory. */
static int grow(struct pool *pool, enum mana_kind kind) {
  struct core_object *chunk = calloc(CHUNK_OBJECTS, sizeof *chunk);
  if (!chunk) return 0;
  for (uint32_t i = 0; i < CHUNK_OBJECTS; i++) core_table[kind][pool->next + i] = &chunk[i];
  return 1;
}

mana_h core_new(enum mana_kind kind) {
  struct pool *pool = &pools[kind];
  mana_h h = 0;
  core_lock(&pool->lock);
  if (pool->free_count) {
    h = mana_handle(kind, pool->free_indices[--pool->free_count]);
  } else if (pool->next <= MANA_INDEX_MASK &&
             ((pool->next - MANA_FIRST_INDEX) % CHUNK_OBJECTS != 0 || grow(pool, kind))) {
    h = mana_handle(kind, pool->next++);
  }
  core_unlock(&pool->lock);
  if (h) reset(core_object(kind, h), kind, h);
  return h;
}

void core_delete(enum mana_kind kind, mana_h h) {
  if (!mana_is_user(h)) return;
  struct pool *pool = &pools[kind];
  core_lock(&pool->lock);
  struct core_object *o = core_object(kind, h);
  if (o && o->refs) { /* an application may free a handle twice: the index must not go on the stack twice */
    if (__builtin_expect(o->name != NULL, 0)) free(o->name);
    reset(o, kind, h); /* forgets cached answers */
    o->refs = 0;
    pool->free_indices[pool->free_count++] = mana_index(h);
  }
  core_unlock(&pool->lock);
}

mana_h core_settle(enum mana_kind kind, mana_h fresh, mana_h got) {
  if (__builtin_expect(got != fresh, 0)) core_delete(kind, fresh);
  return got;
}

void core_objects_create(void) {
  for (int kind = 1; kind < MANA_KINDS; kind++) {
    core_table[kind] = reserve((MANA_INDEX_MASK + 1ul) * sizeof(struct core_object *));
    pools[kind].free_indices = reserve((MANA_INDEX_MASK + 1ul) * sizeof(uint32_t));
    pools[kind].next = MANA_FIRST_INDEX;
    if (!core_table[kind] || !pools[kind].free_indices) abort();
  }
  for (size_t i = 0; i < core_predefined_count; i++) {
    const struct core_predefined *p = &core_predefined[i];
    struct core_object *o = calloc(1, sizeof *o);
    if (!o) abort();
    reset(o, p->kind, p->handle);
    core_table[p->kind][p->handle] = o;
  }
}
