/* Handle tables of the proxy, and the way back for handles the site gives us unasked. */
#include "px_handle.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

#include "px_record.h"
#include "site_values.h"

#define PX_TABLE(id, type)                                                                                             \
  type *px_table_##id;                                                                                                 \
  uint32_t px_high_##id;
PX_TABLE(comm, MPI_Comm)
PX_TABLE(group, MPI_Group)
PX_TABLE(datatype, MPI_Datatype)
PX_TABLE(op, MPI_Op)
PX_TABLE(request, MPI_Request)
PX_TABLE(message, MPI_Message)
PX_TABLE(win, MPI_Win)
PX_TABLE(file, MPI_File)
PX_TABLE(info, MPI_Info)
PX_TABLE(errhandler, MPI_Errhandler)
PX_TABLE(session, px_session_type)

void px_raise(uint32_t *high, uint32_t index) {
  uint32_t now = __atomic_load_n(high, __ATOMIC_RELAXED);
  while (now <= index && !__atomic_compare_exchange_n(high, &now, index + 1, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
  }
}

/* --- reverse: an open-addressing hash per kind; grows at half full; a removed entry keeps its key with handle 0 ------- */
struct entry {
  uintptr_t site;
  mana_h handle;
  uint32_t used : 1, others : 31; /* others: further handles of the same */
};
static struct reverse {
  struct entry *entries;
  size_t capacity, used; /* capacity is a power of two */
} reverses[MANA_KINDS];
static pthread_mutex_t reverse_lock = PTHREAD_MUTEX_INITIALIZER;

static struct entry *find(const struct reverse *r, uintptr_t site) {
  size_t i = (site * 0x9e3779b97f4a7c15ull) >> 20;
  for (;; i++) {
    struct entry *e = &r->entries[i & (r->capacity - 1)];
    if (!e->used || e->site == site) return e;
  }
}

static int grow(struct reverse *r) {
  struct reverse bigger = {.capacity = r->capacity ? r->capacity * 2 : 256};
  bigger.entries = calloc(bigger.capacity, sizeof *bigger.entries);
  if (!bigger.entries) return -ENOMEM;
  for (size_t i = 0; i < r->capacity; i++) {
    if (!r->entries[i].used || !r->entries[i].handle) continue; /* removed ones are dropped here */
    *find(&bigger, r->entries[i].site) = r->entries[i];
    bigger.used++;
  }
  free(r->entries);
  *r = bigger;
  return 0;
}

mana_h px_reverse(enum mana_kind kind, uintptr_t site) {
  pthread_mutex_lock(&reverse_lock);
  const struct reverse *r = &reverses[kind];
  mana_h h = r->capacity ? find(r, site)->handle : 0;
  pthread_mutex_unlock(&reverse_lock);
  return h;
}

void px_reverse_add(enum mana_kind kind, uintptr_t site, mana_h h) {
  pthread_mutex_lock(&reverse_lock);
  struct reverse *r = &reverses[kind];
  if (r->used * 2 < r->capacity || grow(r) == 0) {
    struct entry *e = find(r, site);
    r->used += !e->used;
    if (e->handle && mana_is_user(h)) {
      e->others++;
    } else {
      *e = (struct entry){site, h, 1, 0};
    }
  }
  pthread_mutex_unlock(&reverse_lock);
}

/* Only datatypes have several handles. A search, but seldom: the one that was the name goes first. */
static mana_h another(uintptr_t site) {
  uint32_t i = MANA_FIRST_INDEX;
  while (i < px_high_datatype && (uintptr_t)px_table_datatype[i] != site) i++;
  return i < px_high_datatype ? mana_handle(MANA_KIND_DATATYPE, i) : 0;
}

void px_reverse_remove(enum mana_kind kind, uintptr_t site, mana_h h) {
  pthread_mutex_lock(&reverse_lock);
  const struct reverse *r = &reverses[kind];
  struct entry *e = r->capacity ? find(r, site) : NULL;
  if (e && e->others) {
    e->others--;
    if (e->handle == h) e->handle = another(site);
  } else if (e && e->handle == h) {
    e->handle = 0;
  }
  pthread_mutex_unlock(&reverse_lock);
}

/* --- creation --------------------------------------------------------------------------------------------------------- */
static void *reserve(size_t element) {
  void *p = mmap(NULL, element << MANA_INDEX_BITS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

/* Index 0 is what an invalid handle of the application becomes: the site's null, which every MPI checks for. */
#define CREATE(id)                                                                                                     \
  do {                                                                                                                 \
    px_table_##id = reserve(sizeof *px_table_##id);                                                                    \
    if (!px_table_##id) return -ENOMEM;                                                                                \
    px_table_##id[0] = PX_NULL_##id;                                                                                   \
  } while (0)

int px_handles_create(void) {
  CREATE(comm);
  CREATE(group);
  CREATE(datatype);
  CREATE(op);
  CREATE(request);
  CREATE(message);
  CREATE(win);
  CREATE(file);
  CREATE(info);
  CREATE(errhandler);
  CREATE(session);
  px_request_kept = reserve(sizeof *px_request_kept);
  if (!px_request_kept) return -ENOMEM;
  px_site_handles();
  return px_records_create();
}
