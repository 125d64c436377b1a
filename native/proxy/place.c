/* What a call is on, in a user's words. The agent's thread asks while others are inside the site's MPI, so nothing is asked of that: names that the
 * application gave its communicators are kept here. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "place.h"
#include "px_record.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct named {
  struct named *next;
  mana_h comm;
  char name[MANA_MAX_OBJECT_NAME];
} * all;

/* Lock held. What leads to the communicator's name, or to the end. */
static struct named **find(mana_h comm) {
  struct named **n = &all;
  while (*n && (*n)->comm != comm) n = &(*n)->next;
  return n;
}

void px_comm_name_keep(mana_h comm, const char *name) {
  pthread_mutex_lock(&lock);
  struct named **n = find(comm);
  if (!*n) *n = calloc(1, sizeof **n); /* no memory: it goes by its handle */
  if (*n) {
    (*n)->comm = comm;
    snprintf((*n)->name, sizeof(*n)->name, "%s", name);
  }
  pthread_mutex_unlock(&lock);
}

void px_comm_name_forget(mana_h comm) {
  pthread_mutex_lock(&lock);
  struct named **n = find(comm), *gone = *n;
  if (gone) *n = gone->next;
  pthread_mutex_unlock(&lock);
  free(gone);
}

int px_Comm_set_name(mana_h comm, const char *name) {
  int rc = MPI_Comm_set_name(px_comm(comm), (char *)(uintptr_t)name);
  if (rc != MPI_SUCCESS) return px_error(rc);
  px_comm_name_keep(comm, name);
  return 0;
}

/* Of a request: that of the communicator it was started on; 0 where that was freed, or where there is none. */
static mana_h comm_of(mana_h handle) {
  int is_request = mana_is_user(handle) && (handle >> 26 & 0x1f) == MANA_KIND_REQUEST;
  return is_request ? __atomic_load_n(&px_record_of(handle)->comm, __ATOMIC_RELAXED) : handle;
}

void px_place(uint32_t handle, char *text, size_t size) {
  mana_h comm = comm_of(handle);
  *text = 0;
  if (!comm || comm == MANA_REQUEST_NULL) return;
  pthread_mutex_lock(&lock);
  const struct named *n = *find(comm);
  const char *own = comm == MANA_COMM_WORLD ? "MPI_COMM_WORLD" : comm == MANA_COMM_SELF ? "MPI_COMM_SELF" : NULL;
  if (n && n->name[0] && !(own && strcmp(n->name, own) == 0)) {
    snprintf(text, size, "communicator %s", n->name);
  } else if (own) {
    snprintf(text, size, "%s", own);
  } else {
    snprintf(text, size, "communicator %#x", comm);
  }
  pthread_mutex_unlock(&lock);
}
