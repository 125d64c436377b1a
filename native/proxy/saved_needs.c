/* The predefined datatypes that what is saved is made of. Not every MPI has all: a restart asks before it has changed anything. */
#include <string.h>

#include "saved.h"

static struct {
  uint8_t seen[MANA_FIRST_INDEX];
  struct save_stream list; /* handle, the name it has here */
} needs;

void px_needs_begin(void) {
  memset(needs.seen, 0, sizeof needs.seen);
  save_free(&needs.list);
}

void px_need(mana_h type) {
  char name[MPI_MAX_OBJECT_NAME + 1] = "";
  int length = 0;
  if (needs.seen[type]) return;
  needs.seen[type] = 1;
  MPI_Type_get_name(px_datatype(type), name, &length);
  save_u32(&needs.list, type);
  save_text(&needs.list, name);
}

int px_needs_save(struct save_stream *to, char why[PROXY_WHY_SIZE]) {
  struct px_saved s = {to, why};
  save_bytes(to, needs.list.data, needs.list.length);
  save_u32(to, 0);
  return needs.list.failed ? px_refuse(&s, "out of memory") : 0;
}

int px_needs_check(struct save_stream *from, char why[PROXY_WHY_SIZE]) {
  struct px_saved s = {from, why};
  mana_h type;
  while ((type = load_u32(from))) {
    char name[256];
    load_text(from, name, sizeof name);
    if (from->failed) break;
    if (type >= MANA_FIRST_INDEX || px_datatype(type) == MPI_DATATYPE_NULL)
      return px_refuse(&s, "the program uses %s, which this MPI lacks: restart it with the bundle of one that has it",
                       name);
  }
  return load_done(from) ? 0 : px_refuse(&s, "the list of the datatypes that it needs is damaged");
}
