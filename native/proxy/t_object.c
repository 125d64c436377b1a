/* The object that an MPI_T handle is bound to, named by the address of its handle (MPI-4.1 section 15.3.2). */
#include "proxy.h"

/* User handles say their kind; predefined ones have theirs by range (MPI-5.0 section 20.3). */
static enum mana_kind kind_of(mana_h h) {
  if (mana_is_user(h)) return (enum mana_kind)(h >> 26 & 0x1f);
  if (h >= MANA_DATATYPE_NULL) return MANA_KIND_DATATYPE;
  if (h <= MANA_OP_NULL + 0x3f && h >= MANA_OP_NULL) return MANA_KIND_OP;
  switch (h & ~7u) {
    case MANA_COMM_NULL: return MANA_KIND_COMM;
    case MANA_GROUP_NULL: return MANA_KIND_GROUP;
    case MANA_WIN_NULL: return MANA_KIND_WIN;
    case MANA_FILE_NULL: return MANA_KIND_FILE;
    case MANA_INFO_NULL: return MANA_KIND_INFO;
    case MANA_MESSAGE_NULL: return MANA_KIND_MESSAGE;
    case MANA_ERRHANDLER_NULL: return MANA_KIND_ERRHANDLER;
    case MANA_REQUEST_NULL: return MANA_KIND_REQUEST;
    default: return MANA_KIND_NONE;
  }
}

void *px_t_object(const void *object, union px_any *site) {
  if (!object) return NULL;
  mana_h h = *(const mana_h *)object;
  switch (kind_of(h)) {
    case MANA_KIND_COMM: site->comm = px_comm(h); break;
    case MANA_KIND_GROUP: site->group = px_group(h); break;
    case MANA_KIND_DATATYPE: site->datatype = px_datatype(h); break;
    case MANA_KIND_OP: site->op = px_op(h); break;
    case MANA_KIND_WIN: site->win = px_win(h); break;
    case MANA_KIND_FILE: site->file = px_file(h); break;
    case MANA_KIND_INFO: site->info = px_info(h); break;
    case MANA_KIND_MESSAGE: site->message = px_message(h); break;
    case MANA_KIND_ERRHANDLER: site->errhandler = px_errhandler(h); break;
    case MANA_KIND_REQUEST: site->request = px_request(h); break;
    default: site->comm = MPI_COMM_NULL; break;
  }
  return site;
}
