/* The record of a generalized request is the extra_state that the site knows; the site's call of the free function is the last. */
#include "grequest.h"

#include "abi.h"
#include "core_auto.h"
#include "refs.h"
#include "upcall.h"

/* --- callbacks ---------------------------------------------------------------------------------------------------------------- */
static int answer(int code) {
  if (!code) return MANA_SUCCESS;
  int rc = abi_error_code_in(code);
  return rc ? rc : MANA_ERR_OTHER;
}

/* Fortran knows extra_state as INTEGER(KIND=MPI_ADDRESS_KIND) by reference: it is the variable that the program gave, which its functions
 * may change. A status is an array that lies in memory like C's struct. */
typedef void query_fortran(intptr_t *extra_state, MPI_Status *status, MPI_Fint *ierror);
typedef void free_fortran(intptr_t *extra_state, MPI_Fint *ierror);
typedef void cancel_fortran(intptr_t *extra_state, MPI_Fint *complete, MPI_Fint *ierror);

static int query(const struct core_grequest *g, MPI_Status *status) {
  if (g->convention == CORE_C) return ((MPI_Grequest_query_function *)g->query)(g->extra_state, status);
  MPI_Fint ierror = 0;
  ((query_fortran *)g->query)(g->extra_state, status, &ierror);
  return ierror;
}

int core_grequest_query(void *state, mana_status *status) {
  MPI_Status app = {0};
  status->source = MANA_ANY_SOURCE;
  status->tag = MANA_ANY_TAG;
  abi_status_out(&app, status);
  int rc = answer(query(state, &app));
  *status = abi_status_in(&app);
  return rc;
}

static void put(struct core_grequest *g) {
  if (!__atomic_sub_fetch(&g->refs, 1, __ATOMIC_ACQ_REL)) free(g);
}

int core_grequest_free(void *state) {
  struct core_grequest *g = state;
  int code = 0;
  if (g->convention == CORE_C) {
    code = ((MPI_Grequest_free_function *)g->free)(g->extra_state);
  } else {
    ((free_fortran *)g->free)(g->extra_state, &code);
  }
  put(g);
  return answer(code);
}

int core_grequest_cancel(void *state, int complete) {
  const struct core_grequest *g = state;
  if (g->convention == CORE_C) return answer(((MPI_Grequest_cancel_function *)g->cancel)(g->extra_state, complete));
  MPI_Fint flag = complete != 0, ierror = 0;
  ((cancel_fortran *)g->cancel)(g->extra_state, &flag, &ierror);
  return answer(ierror);
}

/* --- start and complete --------------------------------------------------------------------------------------------------------- */
int core_grequest_start(const struct core_grequest *functions, mana_h *request) {
  if (!functions->query || !functions->free || !functions->cancel) return MANA_ERR_ARG;
  struct core_grequest *record = malloc(sizeof *record);
  mana_h fresh = record ? core_new(MANA_KIND_REQUEST) : 0;
  mana_h got = fresh;
  int rc = MANA_ERR_NO_MEM;
  if (fresh) {
    *record = *functions;
    record->state = 0;
    record->refs = 1;
    MANA_CROSS(rc, MPI_BELOW(Grequest_start)(NULL, NULL, NULL, record, &got));
  }
  if (rc) {
    if (fresh) core_delete(MANA_KIND_REQUEST, fresh);
    free(record);
    return rc;
  }
  core_object(MANA_KIND_REQUEST, fresh)->request.generalized = record;
  *request = got;
  return MANA_SUCCESS;
}

int core_Grequest_start(void *query_fn, void *free_fn, void *cancel_fn, void *extra_state, mana_h *request) {
  int rc =
      core_grequest_start(&(struct core_grequest){query_fn, free_fn, cancel_fn, extra_state, CORE_C, 0, 0}, request);
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Grequest_start") : MANA_SUCCESS;
}

int core_grequest_may_go(struct core_grequest *g) {
  return __atomic_fetch_or(&g->state, CORE_GREQUEST_FREED, __ATOMIC_ACQ_REL) & CORE_GREQUEST_COMPLETED;
}

/* From the crossing on the object may be another's: a thread that waited for it has given it back. */
static int complete(mana_h request, struct core_grequest *g) {
  int rc;
  __atomic_add_fetch(&g->refs, 1, __ATOMIC_RELAXED);
  MANA_CROSS(rc, MPI_BELOW(Grequest_complete)(request));
  int before = rc ? 0 : __atomic_fetch_or(&g->state, CORE_GREQUEST_COMPLETED, __ATOMIC_ACQ_REL);
  if (before & CORE_GREQUEST_FREED) { /* so it is still here */
    mana_h gone = request;
    MANA_CROSS(rc, MPI_BELOW(Request_free)(&gone));
    if (gone != request) core_delete(MANA_KIND_REQUEST, request);
  }
  put(g);
  return rc;
}

int core_Grequest_complete(mana_h request) {
  const struct core_object *o = core_live(MANA_KIND_REQUEST, request, MANA_REQUEST_NULL);
  int rc = o && o->request.generalized ? complete(request, o->request.generalized) : MANA_ERR_REQUEST;
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, "MPI_Grequest_complete") : MANA_SUCCESS;
}

/* --- MPICH's extension: requests that the site polls -------------------------------------------------------------------------------- */
/* Its poll and wait functions would be called by the site's progress engine, which only MPICH's can; so they count as absent everywhere
 * and a program that runs on one bundle runs on all. */
int core_MPIX_Grequest_start(void *query_fn, void *free_fn, void *cancel_fn, void *poll_fn, void *wait_fn,
                             void *extra_state, mana_h *request) {
  (void)query_fn, (void)free_fn, (void)cancel_fn, (void)poll_fn, (void)wait_fn, (void)extra_state, (void)request;
  return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_RC_ABSENT, "MPIX_Grequest_start");
}
int core_MPIX_Grequest_class_create(void *query_fn, void *free_fn, void *cancel_fn, void *poll_fn, void *wait_fn,
                                    int *greq_class) {
  (void)query_fn, (void)free_fn, (void)cancel_fn, (void)poll_fn, (void)wait_fn, (void)greq_class;
  return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_RC_ABSENT, "MPIX_Grequest_class_create");
}
int core_MPIX_Grequest_class_allocate(int greq_class, void *extra_state, mana_h *request) {
  (void)greq_class, (void)extra_state, (void)request;
  return core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, MANA_RC_ABSENT, "MPIX_Grequest_class_allocate");
}
