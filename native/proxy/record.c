/* Records of requests: what happens seldom. */
#include "px_record.h"

#include "foreign.h"
#include "op.h"
#include "probe.h"
#include "pump.h"
#include "px_file.h"
#include "synchronous.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

struct px_record *px_record;
struct mana_status *px_early;
MPI_Request *px_early_site;
struct proxy_counters px_counters;
struct px_orphan *px_orphans;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *reserve(size_t element) {
  void *p = mmap(NULL, element << MANA_INDEX_BITS, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                 -1, 0);
  return p == MAP_FAILED ? NULL : p;
}

int px_records_create(void) {
  px_record = reserve(sizeof *px_record);
  px_early = reserve(sizeof *px_early);
  px_early_site = reserve(sizeof *px_early_site);
  px_probed = reserve(sizeof *px_probed);
  px_op_made = reserve(sizeof *px_op_made);
  px_files = reserve(sizeof *px_files);
  return px_record && px_early && px_early_site && px_probed && px_op_made && px_files ? px_foreign_create() : -ENOMEM;
}

void px_settle_early(mana_h request, const mana_status *status, int code) {
  struct px_record *r = px_record_of(request);
  uint32_t i = mana_index(request);
  r->early = 1;
  r->error = code;
  px_early[i] = *status;
  if (r->receipt != PX_AWAITED) px_early_site[i] = px_table_request[i];
  px_table_request[i] = MPI_REQUEST_NULL;
  px_count(&px_counters.received, r->owed);
  r->owed = 0;
  if (r->receipt == PX_AWAITED) r->receipt = PX_RECEIVED;
}

void px_record_receipted(struct px_record *r) {
  r->receipt = PX_RECEIVED;
  if (r->persistent) px_table_request[r - px_record] = px_early_site[r - px_record];
}

int px_early_take(mana_h *request, mana_status *status) {
  struct px_record *r = px_record_of(*request);
  uint32_t i = mana_index(*request);
  if (status) px_early_status(status, *request);
  r->early = r->active = 0;
  if (r->persistent) {
    px_table_request[i] = px_early_site[i];
  } else {
    r->kind = PX_FREE;
    px_request_release(*request);
    *request = MANA_REQUEST_NULL;
  }
  return r->error;
}

void px_record_canceled(struct px_record *r, const MPI_Status *s) {
  r->canceled = 0;
  if (!px_status_cancelled(s)) return;
  r->owed = 0;
  if (r->kind == PX_SEND) px_count(&px_counters.sent, (uint64_t) - (r->peer != MANA_PROC_NULL && !r->foreign));
}

void px_sent_watched(mana_h comm, int dest, int tag) {
  if (px_is_foreign(comm)) {
    px_count(&px_counters.sent, (uint64_t) - (dest != MANA_PROC_NULL));
  } else {
    px_sent_behind(comm, dest, tag);
  }
}

/* --- orphans -------------------------------------------------------------------------------------------------------------- */
int px_orphan_add(MPI_Request site, const struct px_record *r) {
  px_orphans_test(); /* so that a program which frees all its receives does not grow */
  struct px_orphan *o = malloc(sizeof *o);
  if (!o) return MANA_ERR_NO_MEM;
  *o = (struct px_orphan){.site = site, .record = *r};
  pthread_mutex_lock(&lock);
  o->next = px_orphans;
  px_orphans = o;
  pthread_mutex_unlock(&lock);
  return 0;
}

int px_orphans_test(void) {
  int moved = 0;
  pthread_mutex_lock(&lock);
  for (struct px_orphan **at = &px_orphans; *at;) {
    struct px_orphan *o = *at;
    int flag = 0;
    MPI_Status s;
    int rc = MPI_Test(&o->site, &flag, &s);
    if (!flag && rc == MPI_SUCCESS) {
      at = &o->next;
      continue;
    }
    if (o->record.canceled && rc == MPI_SUCCESS) px_record_canceled(&o->record, &s);
    px_count(&px_counters.received, o->record.owed);
    if (o->site != MPI_REQUEST_NULL) MPI_Request_free(&o->site);
    *at = o->next;
    free(o);
    moved = 1;
  }
  pthread_mutex_unlock(&lock);
  return moved;
}

/* --- datatypes and communicators that are freed while requests name them ------------------------------------------------------ */
/* A duplicate takes the freed type's place in the records, under an index that no core gives out: the table's last ones. Among them there
 * may be gaps. */
uint32_t px_spare_low = MANA_INDEX_MASK + 1;
void px_spare_took(uint32_t index) {
  if (index < px_spare_low) px_spare_low = index;
}

static int uses(const struct px_record *r, mana_h datatype) {
  return (r->kind == PX_RECEIVE || (r->kind == PX_SEND && r->persistent)) && r->datatype == datatype;
}

/* Not those that the application has freed: no collective can be freed while it is under way. */
int px_records_reduce(mana_h datatype) {
  if (!px_high_op) return 0; /* the program has no reductions of its own */
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    const struct px_record *r = &px_record[i];
    int collective = r->kind == PX_PERSISTENT_COLLECTIVE || (r->kind == PX_COLLECTIVE && !r->early);
    if (collective && r->calls_back && r->datatype == datatype) return 1;
  }
  return 0;
}

static mana_h spare_datatype(MPI_Datatype site) {
  MPI_Datatype copy = MPI_DATATYPE_NULL;
  if (MPI_Type_dup(site, &copy) != MPI_SUCCESS) return 0;
  for (uint32_t i = MANA_INDEX_MASK; i > PX_SPARE_FIRST; i--) {
    if (px_is_live_datatype(i)) continue;
    px_table_datatype[i] = copy;
    px_spare_took(i);
    return mana_handle(MANA_KIND_DATATYPE, i);
  }
  MPI_Type_free(&copy);
  return 0;
}

static int is_used(mana_h datatype) {
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    if (uses(&px_record[i], datatype)) return 1;
  }
  for (struct px_orphan *o = px_orphans; o; o = o->next) {
    if (uses(&o->record, datatype)) return 1;
  }
  return 0;
}

static void drop_spares(void) {
  for (uint32_t i = MANA_INDEX_MASK; i >= px_spare_low; i--) {
    if (px_is_live_datatype(i) && !is_used(mana_handle(MANA_KIND_DATATYPE, i))) MPI_Type_free(&px_table_datatype[i]);
  }
}

void px_records_drop_datatypes(void) {
  for (uint32_t i = MANA_INDEX_MASK; i >= px_spare_low; i--) {
    if (px_is_live_datatype(i)) MPI_Type_free(&px_table_datatype[i]);
  }
}

void px_records_keep_datatype(mana_h datatype) {
  pthread_mutex_lock(&lock);
  if (is_used(datatype)) {
    drop_spares();
    mana_h spare = spare_datatype(px_datatype(datatype));
    for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
      if (uses(&px_record[i], datatype)) px_record[i].datatype = spare;
    }
    for (struct px_orphan *o = px_orphans; o; o = o->next) {
      if (uses(&o->record, datatype)) o->record.datatype = spare;
    }
  }
  pthread_mutex_unlock(&lock);
}

void px_records_forget_comm(mana_h comm) {
  pthread_mutex_lock(&lock);
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_request; i++) {
    if (px_record[i].comm == comm) px_record[i].comm = 0;
  }
  for (struct px_orphan *o = px_orphans; o; o = o->next) {
    if (o->record.comm == comm) o->record.comm = 0;
  }
  pthread_mutex_unlock(&lock);
}
