#include "upcall.h"

#include "split_abi.h"

void core_upcalls_install(void) {
  SPLIT->upcall[UPCALL_OP] = (void *)core_op_upcall;
  SPLIT->upcall[UPCALL_GREQUEST_QUERY] = (void *)core_grequest_query;
  SPLIT->upcall[UPCALL_GREQUEST_FREE] = (void *)core_grequest_free;
  SPLIT->upcall[UPCALL_GREQUEST_CANCEL] = (void *)core_grequest_cancel;
  SPLIT->upcall[UPCALL_DATAREP_READ] = (void *)core_datarep_read;
  SPLIT->upcall[UPCALL_DATAREP_WRITE] = (void *)core_datarep_write;
  SPLIT->upcall[UPCALL_DATAREP_EXTENT] = (void *)core_datarep_extent;
}
