/* What the proxy remembers of an open file: what its MPI does not tell when a checkpoint asks (MPI-4.1 section 14.2.7). */
#ifndef MANA_PX_FILE_H
#define MANA_PX_FILE_H
#include "proxy.h"

/* Of an object that several ranks share, the same on all of them: the world rank of its first member, and the handle there. */
struct px_name {
  int32_t rank, handle;
};

struct px_file {
  char *path;             /* full; as it was given where the file had no such name any more */
  const char *split;      /* the split collective that has begun and not ended, NULL = none */
  uint64_t device, inode; /* at the opening; 0 = not known */
  MPI_Info hints;         /* the application's, of all calls that take them; MPI_INFO_NULL = none */
  MPI_Comm comm;          /* for MPI_MODE_DELETE_ON_CLOSE: its members; else MPI_COMM_NULL */
  struct px_name name;
  int32_t amode;            /* canonical, as the application gave it */
  uint8_t is_first;         /* this rank is the first of its members, and answers for the file at a checkpoint */
  uint8_t has_moved_shared; /* this rank has used the shared pointer, or it did not begin at 0 */
};

extern struct px_file *px_files; /* by index */
/* Not of a file that the site has not opened. */
static inline struct px_file *px_file_of(mana_h fh) {
  return &px_files[mana_index(fh)];
}

/* MPI_File_set_info and its like have taken these hints. */
void px_file_add_hints(mana_h fh, mana_h info);

/* The mode in which the site opens it. It never deletes: a file that a stopped job has open must stay, so the proxy deletes it in
 * MPI_File_close. */
int px_file_site_amode(int amode);
/* Device and inode of the file at its path. */
void px_file_note_identity(struct px_file *f);
/* Gives back what the record holds. */
void px_file_forget(struct px_file *f);

/* All open files in the order of their names, which all ranks share; malloc'd. *n files; NULL when out of memory. */
mana_h *px_files_list(int *n);
/* MPI is about to end: closes them all, deleting none. Collective. */
void px_files_leave(void);
#endif
