/* Files without a name, and those of memory, whose contents come along: private to native/state. */
#ifndef MANA_NAMELESS_FILES_H
#define MANA_NAMELESS_FILES_H
#include "descriptor_kinds.h"

#define NAMELESS_NOBODY UINT32_MAX

/* Writes u32 same as, u32 seals, block contents: the descriptor before it of the same file, which has brought them; or NAMELESS_NOBODY and the contents. */
int nameless_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
                  char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
struct nameless {
  const char *path; /* that it had */
  int number;       /* of the descriptor it is for */
  bool memory;      /* of memfd_create(2); */
  uint32_t seals;   /* then what it was sealed against; F_SEAL_SEAL alone: it cannot be */
  const void *contents;
  size_t size;
};
/* A file without a name with these contents: in the folder it was in, where a file can be made there and has room, else in the checkpoint's, else in
 * memory. Open for reading and writing; or a negated errno. */
long nameless_make(const struct nameless *file) STATE_MUST_CHECK;
#endif
