/* Files without a name, and those of memory, whose contents come along: private to native/state. */
#ifndef MANA_NAMELESS_FILES_H
#define MANA_NAMELESS_FILES_H
#include "descriptor_kinds.h"

#define NAMELESS_NOBODY UINT32_MAX

/* Writes u32 same as, block contents: the descriptor before it of the same file, which has brought them; or NAMELESS_NOBODY and the contents. */
int nameless_save(const struct descriptor *d, const struct descriptor_list *all, struct save_stream *to,
                  char why[STATE_WHY_SIZE]) STATE_MUST_CHECK;
/* A file without a name in the checkpoint's folder, or one of memory, with these contents. `number`: of the descriptor it is for. Open for reading and writing;
 * or a negated errno. */
long nameless_make(const char *path, int number, bool memory, const void *contents, size_t size) STATE_MUST_CHECK;
#endif
