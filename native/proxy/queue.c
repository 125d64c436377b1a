/* The queue of drained messages. */
#include "queue.h"

#include <pthread.h>

struct px_message *px_queue, *px_queue_matched;
int px_queue_asks;
static int guarded;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Lock held. */
static void tell(void) {
  __atomic_store_n(&px_queue_asks, px_queue != NULL || guarded, __ATOMIC_RELAXED);
}

struct px_message *px_message_new(mana_h comm, int source, int tag, int64_t bytes) {
  struct px_message *m = malloc(sizeof *m + (size_t)bytes);
  if (m) *m = (struct px_message){.comm = comm, .source = source, .tag = tag, .bytes = bytes, .sender = -1};
  return m;
}

void px_queue_add(struct px_message *m) {
  pthread_mutex_lock(&lock);
  struct px_message **at = m->handle ? &px_queue_matched : &px_queue;
  while (*at) at = &(*at)->next;
  m->next = NULL;
  *at = m;
  tell();
  pthread_mutex_unlock(&lock);
}

static struct px_message **find(int source, int tag, mana_h comm) {
  struct px_message **at = &px_queue;
  for (; *at; at = &(*at)->next) {
    const struct px_message *m = *at;
    if (m->comm == comm && (source == MANA_ANY_SOURCE || source == m->source) && (tag == MANA_ANY_TAG || tag == m->tag))
      break;
  }
  return at;
}

struct px_message *px_queue_take(int source, int tag, mana_h comm) {
  pthread_mutex_lock(&lock);
  struct px_message **at = find(source, tag, comm), *m = *at;
  if (m) *at = m->next;
  tell();
  pthread_mutex_unlock(&lock);
  return m;
}

void px_queue_put_back(struct px_message *m) {
  pthread_mutex_lock(&lock);
  m->next = px_queue;
  px_queue = m;
  tell();
  pthread_mutex_unlock(&lock);
}

void px_queue_forget(mana_h comm) {
  struct px_message *m;
  while ((m = px_queue_take(MANA_ANY_SOURCE, MANA_ANY_TAG, comm))) free(m);
}

void px_message_describe(const struct px_message *m, int64_t bytes, mana_status *status) {
  if (!status) return;
  status->source = m->source;
  status->tag = m->tag;
  status->bytes = bytes;
  status->cancelled = 0;
}

int px_queue_look(int source, int tag, mana_h comm, mana_status *status) {
  pthread_mutex_lock(&lock);
  const struct px_message *m = *find(source, tag, comm);
  if (m) px_message_describe(m, m->bytes, status);
  pthread_mutex_unlock(&lock);
  return m != NULL;
}

struct px_message *px_queue_take_held(mana_h handle) {
  pthread_mutex_lock(&lock);
  struct px_message **at = &px_queue_matched;
  while (*at && (*at)->handle != handle) at = &(*at)->next;
  struct px_message *m = *at;
  if (m) *at = m->next;
  pthread_mutex_unlock(&lock);
  return m;
}

/* --- turns: beside a pump, where MPI has several threads ------------------------------------------------------------------------------ */
static void guard(int on) {
  pthread_mutex_lock(&lock);
  guarded = on;
  tell();
  pthread_mutex_unlock(&lock);
}

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
void px_turn_begin(void) {
  pthread_mutex_lock(&turn);
  if (guarded && !px_must_park()) guard(0); /* that checkpoint was given up */
}
void px_turn_end(void) {
  pthread_mutex_unlock(&turn);
}

/* In a turn: one that has seen the phase before it would take the guard for that of a checkpoint that was given up. */
void px_queue_guard(void) {
  px_turn_begin();
  guard(1);
  px_turn_end();
}
void px_queue_unguard(void) {
  if (guarded) guard(0);
}

/* The agent has all threads pass a barrier (membarrier(2)) between the guard and its look at `looking`: so either it sees the thread there, or the
 * thread sees the guard, and no fence is needed here. */
static uint32_t *own_looking(void) {
  uint64_t upper_fs = *(uint64_t *)((uint64_t)__builtin_thread_pointer() + (uint64_t)SPLIT->lower_upper_fs_off);
  return &((struct upper_tls *)(upper_fs + (uint64_t)SPLIT->upper_tls_offset))->looking;
}
int px_look_beside_others(void) {
  uint32_t *looking = own_looking();
  __atomic_store_n(looking, 1, __ATOMIC_RELAXED);
  __atomic_signal_fence(__ATOMIC_SEQ_CST);
  if (!px_queue_holds()) return 0;
  __atomic_store_n(looking, 0, __ATOMIC_RELAXED);
  return 1;
}
void px_looked_beside_others(void) {
  __atomic_store_n(own_looking(), 0, __ATOMIC_RELEASE);
}

/* --- counts ------------------------------------------------------------------------------------------------------------------------- */
enum { CHUNK = 1 << 20 };

MPI_Datatype px_bytes_type(int64_t bytes, int *count) {
  if ((int)bytes == bytes) return *count = (int)bytes, MPI_BYTE;
  MPI_Datatype chunk, whole = MPI_DATATYPE_NULL;
  int lengths[2] = {(int)(bytes / CHUNK), (int)(bytes % CHUNK)};
  MPI_Aint at[2] = {0, (MPI_Aint)lengths[0] * CHUNK};
  MPI_Type_contiguous(CHUNK, MPI_BYTE, &chunk);
  MPI_Type_create_struct(2, lengths, at, (MPI_Datatype[]){chunk, MPI_BYTE}, &whole);
  MPI_Type_commit(&whole);
  MPI_Type_free(&chunk);
  *count = 1;
  return whole;
}
void px_bytes_free(MPI_Datatype *type) {
  if (*type != MPI_BYTE) MPI_Type_free(type);
}

#ifdef MANA_HAVE_MPI_Irecv_c
#pragma weak MPI_Irecv_c
#pragma weak MPI_Imrecv_c
int px_count_fits(int64_t count) {
  return (int)count == count || MPI_Irecv_c;
}
#else
int px_count_fits(int64_t count) {
  return (int)count == count;
}
#endif

int px_site_irecv(void *buf, int64_t count, MPI_Datatype datatype, int source, int tag, MPI_Comm comm,
                  MPI_Request *request) {
#ifdef MANA_HAVE_MPI_Irecv_c
  if (__builtin_expect((int)count != count, 0)) return MPI_Irecv_c(buf, count, datatype, source, tag, comm, request);
#endif
  return MPI_Irecv(buf, (int)count, datatype, source, tag, comm, request);
}
int px_site_imrecv(void *buf, int64_t count, MPI_Datatype datatype, MPI_Message *message, MPI_Request *request) {
#ifdef MANA_HAVE_MPI_Irecv_c
  if (__builtin_expect((int)count != count, 0)) return MPI_Imrecv_c(buf, count, datatype, message, request);
#endif
  return MPI_Imrecv(buf, (int)count, datatype, message, request);
}
