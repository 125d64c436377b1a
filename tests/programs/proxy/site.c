/* Calls of the site's MPI that this program answers itself: its symbols come before the library's. Handles are an int under one MPI and a
 * pointer under the other; both travel in a register. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#include "state.h"

typedef uintptr_t any;
/* The library's own, by the name that profilers call. */
#define SITE(name) ((__typeof__(&MPI_##name))dlsym(RTLD_DEFAULT, "PMPI_" #name))

struct site site;

int MPI_Init_thread(int *argc, char ***argv, int required, int *provided) {
  int rc = SITE(Init_thread)(argc, argv, required, provided);
  if (site.grants_single) *provided = 0;
  return rc;
}

int MPI_Comm_get_attr(any comm, int keyval, void *value, int *flag) {
  enum { TAG_UB_OPENMPI = 0, TAG_UB_MPICH = 0x64400001 };
  int rc = SITE(Comm_get_attr)(comm, keyval, value, flag);
  if (site.tag_ub && (keyval == TAG_UB_OPENMPI || keyval == TAG_UB_MPICH)) *(int **)value = &site.tag_ub;
  return rc;
}

int MPI_Request_get_status(any request, int *flag, any status) {
  int rc = SITE(Request_get_status)(request, flag, status);
  if (site.cancels_late) *flag = 0;
  return rc;
}

int MPI_Send(const void *buf, int count, any type, int dest, int tag, any comm) {
  enum { ERR_OTHER = 15 };
  return site.fails_sends ? ERR_OTHER : SITE(Send)(buf, count, type, dest, tag, comm);
}

/* Neither MPI takes a send back, but both a receive: of a message that nobody sends it looks the same. */
int MPI_Isend(const void *buf, int count, any type, int dest, int tag, any comm, any request) {
  __typeof__(&MPI_Isend) receive = (__typeof__(&MPI_Isend))dlsym(RTLD_DEFAULT, "PMPI_Irecv");
  if (site.cancels_late) return receive(buf, count, type, dest, tag, comm, request);
  return SITE(Isend)(buf, count, type, dest, tag, comm, request);
}
