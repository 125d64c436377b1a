/* Opening and closing files. */
#include "px_file.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pump.h"
#include "saved.h"
#include "site_values.h"

struct px_file *px_files;

/* --- names ---------------------------------------------------------------------------------------------------------------- */
/* Before the opening, which all members enter, whether it succeeds for them or not. A program of sessions has no MPI_COMM_WORLD, and no
 * checkpoints. */
static struct px_name agree_on_name(MPI_Comm comm, mana_h fh) {
  struct px_name name = {-1, (int32_t)fh};
  MPI_Group group;
  int inter = 1, world = 0;
  MPI_Initialized(&world);
  if (!world || comm == MPI_COMM_NULL || MPI_Comm_test_inter(comm, &inter) != MPI_SUCCESS || inter) return name;
  if (MPI_Comm_group(comm, &group) == MPI_SUCCESS) {
    (void)px_world_ranks(group, 1, &name.rank);
    MPI_Group_free(&group);
  }
  MPI_Bcast(&name, 2, MPI_INT, 0, comm);
  return name;
}

/* MPIs take a prefix that tells the kind of file system ("ufs:/tmp/x"). */
static char *full_path(const char *given) {
  const char *colon = strchr(given, ':');
  char *path = realpath(given, NULL);
  if (!path && colon) path = realpath(colon + 1, NULL);
  return path ? path : strdup(given);
}

void px_file_note_identity(struct px_file *f) {
  struct stat status;
  if (!f->path || stat(f->path, &status) != 0) return;
  f->device = status.st_dev;
  f->inode = status.st_ino;
}

/* --- open, close ------------------------------------------------------------------------------------------------------------ */
int px_file_site_amode(int amode) {
  return px_amode_in(amode & ~MANA_MODE_DELETE_ON_CLOSE);
}

void px_file_forget(struct px_file *f) {
  free(f->path);
  if (f->hints != MPI_INFO_NULL) MPI_Info_free(&f->hints);
  if (f->comm != MPI_COMM_NULL) MPI_Comm_free(&f->comm);
  *f = (struct px_file){0};
}

int px_File_open(mana_h comm, const char *filename, int amode, mana_h info, mana_h *fh) {
  struct px_file f = {.hints = MPI_INFO_NULL, .comm = MPI_COMM_NULL, .amode = amode};
  MPI_Comm site = px_comm(comm);
  MPI_File file = MPI_FILE_NULL;
  f.name = agree_on_name(site, *fh);
  if (amode & MANA_MODE_DELETE_ON_CLOSE && site != MPI_COMM_NULL) MPI_Comm_dup(site, &f.comm);
  int rank = -1;
  MPI_Comm_rank(site, &rank);
  f.is_first = rank == 0;
  f.has_moved_shared = (amode & MANA_MODE_APPEND) != 0;
  int rc = MPI_File_open(site, filename, px_file_site_amode(amode), px_info(info), &file);
  if (rc != MPI_SUCCESS) {
    px_file_forget(&f);
    return px_error(rc);
  }
  if (px_info(info) != MPI_INFO_NULL) MPI_Info_dup(px_info(info), &f.hints);
  f.path = full_path(filename);
  px_file_note_identity(&f);
  *fh = px_file_store(*fh, file);
  *px_file_of(*fh) = f;
  return 0;
}

/* Its members are told apart by their own communicator: all have closed it, then one deletes it, then all go on. */
static int delete_closed(const struct px_file *f) {
  int rank = -1, rc = MPI_SUCCESS;
  if (f->comm == MPI_COMM_NULL) return 0;
  MPI_Comm_rank(f->comm, &rank);
  MPI_Barrier(f->comm);
  if (rank == 0) rc = MPI_File_delete(f->path, MPI_INFO_NULL);
  MPI_Barrier(f->comm);
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}

int px_File_close(mana_h *fh) {
  struct px_file *f = px_file_of(*fh);
  MPI_File site = px_file(*fh);
  int rc = MPI_File_close(&site);
  *fh = px_file_update(*fh, site);
  if (rc != MPI_SUCCESS) return px_error(rc);
  rc = delete_closed(f);
  px_file_forget(f);
  return rc;
}

int px_File_get_amode(mana_h fh, int *amode) {
  int site;
  int rc = MPI_File_get_amode(px_file(fh), &site); /* which knows a file that is none */
  if (rc != MPI_SUCCESS) return px_error(rc);
  *amode = px_file_of(fh)->amode;
  return 0;
}

void px_file_add_hints(mana_h fh, mana_h info) {
  struct px_file *f = px_file_of(fh);
  MPI_Info from = px_info(info);
  int n = 0;
  if (from == MPI_INFO_NULL || MPI_Info_get_nkeys(from, &n) != MPI_SUCCESS) return;
  if (f->hints == MPI_INFO_NULL && MPI_Info_create(&f->hints) != MPI_SUCCESS) return;
  for (int i = 0; i < n; i++) {
    char key[MPI_MAX_INFO_KEY + 1] = "", value[MPI_MAX_INFO_VAL + 1] = "";
    int flag = 0;
    MPI_Info_get_nthkey(from, i, key);
    MPI_Info_get(from, key, MPI_MAX_INFO_VAL, value, &flag);
    if (flag) MPI_Info_set(f->hints, key, value);
  }
}

/* --- all of them ---------------------------------------------------------------------------------------------------------- */
static int by_name(const void *a, const void *b) {
  const struct px_name x = px_file_of(*(const mana_h *)a)->name, y = px_file_of(*(const mana_h *)b)->name;
  if (x.rank != y.rank) return x.rank < y.rank ? -1 : 1;
  return x.handle < y.handle ? -1 : x.handle > y.handle;
}

mana_h *px_files_list(int *n) {
  mana_h *list = malloc((px_high_file + 1ul) * sizeof *list);
  *n = 0;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_file && list; i++) {
    if (px_is_live_file(i)) list[(*n)++] = mana_handle(MANA_KIND_FILE, i);
  }
  if (list) qsort(list, (size_t)*n, sizeof *list, by_name);
  return list;
}

void px_files_leave(void) {
  int n;
  mana_h *list = px_files_list(&n);
  for (int i = 0; i < n; i++) {
    MPI_File_close(&px_table_file[mana_index(list[i])]);
    px_file_forget(px_file_of(list[i]));
  }
  free(list);
}
