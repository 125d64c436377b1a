/* Files are opened again: in the order of their names, which is that of their saved form, so that nobody waits for a rank that waits for
 * it. */
#include <stdio.h>
#include <string.h>

#include "px_file.h"
#include "saved.h"
#include "site_values.h"

static int load_path(struct px_saved *s, struct px_file *f, px_moved *moved) {
  char path[4096];
  load_text(s->stream, path, sizeof path);
  if (s->stream->failed || moved(path, sizeof path) < 0)
    return px_refuse(s, "with --map the path of the file %s is too long", path);
  f->path = strdup(path);
  return f->path ? 0 : px_refuse(s, "out of memory");
}

static int make_comm(struct px_saved *s, MPI_Comm *comm) {
  MPI_Group world, group;
  int n;
  int *ranks = px_members_load(s, &n);
  if (!ranks) return -1;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  int rc = px_refuse_failed(s, MPI_Group_incl(world, n, ranks, &group), "MPI_Group_incl");
  MPI_Group_free(&world);
  free(ranks);
  if (rc) return rc;
  enum { TAG = 2 };
  rc = px_refuse_failed(s, MPI_Comm_create_group(MPI_COMM_WORLD, group, TAG, comm), "MPI_Comm_create_group");
  MPI_Group_free(&group);
  return rc;
}

/* Without what has its effect when a file is first opened. */
static int reopen_amode(int amode) {
  return px_file_site_amode(amode & ~(MANA_MODE_CREATE | MANA_MODE_EXCL));
}

static int restore_view(struct px_saved *s, MPI_File file, const struct px_file *f) {
  char datarep[1024];
  MPI_Datatype etype, filetype;
  int own_etype, own_filetype;
  MPI_Offset disp = (MPI_Offset)load_u64(s->stream);
  load_text(s->stream, datarep, sizeof datarep);
  if (px_type_load(s, &etype, &own_etype) || px_type_load(s, &filetype, &own_filetype)) return -1;
  int rc =
      px_file_failed(s, MPI_File_set_view(file, disp, etype, filetype, datarep, MPI_INFO_NULL), "MPI_File_set_view", f);
  if (own_etype) MPI_Type_free(&etype);
  if (own_filetype) MPI_Type_free(&filetype);
  return rc;
}

/* The shared pointer is where those say that have used it: all members must set it. */
static int restore_pointers(struct px_saved *s, MPI_File file, MPI_Comm comm, struct px_file *f) {
  MPI_Offset own = (MPI_Offset)load_u64(s->stream);
  f->has_moved_shared = px_i32_load(s->stream) != 0;
  long long mine[2] = {f->has_moved_shared, (long long)load_u64(s->stream)}, all[2];
  int atomic = px_i32_load(s->stream);
  int rc = px_file_failed(s, MPI_File_seek(file, own, MPI_SEEK_SET), "MPI_File_seek", f);
  if (!rc) rc = px_refuse_failed(s, MPI_Allreduce(mine, all, 2, MPI_LONG_LONG, MPI_MAX, comm), "MPI_Allreduce");
  if (!rc && all[0])
    rc = px_file_failed(s, MPI_File_seek_shared(file, (MPI_Offset)all[1], MPI_SEEK_SET), "MPI_File_seek_shared", f);
  if (!rc && atomic) rc = px_file_failed(s, MPI_File_set_atomicity(file, atomic), "MPI_File_set_atomicity", f);
  return rc;
}

static int open_again(struct px_saved *s, struct px_file *f, MPI_Comm comm, MPI_File *file) {
  int rc = px_file_failed(s, MPI_File_open(comm, f->path, reopen_amode(f->amode), f->hints, file), "MPI_File_open", f);
  if (!rc) px_file_note_identity(f);
  if (!rc) rc = restore_view(s, *file, f);
  if (!rc) rc = restore_pointers(s, *file, comm, f);
  return rc;
}

static int restore_one(struct px_saved *s, mana_h fh, struct px_name name, px_moved *moved) {
  struct px_file f = {.name = name, .hints = MPI_INFO_NULL, .comm = MPI_COMM_NULL};
  MPI_File file = MPI_FILE_NULL;
  MPI_Comm comm = MPI_COMM_NULL;
  int rc = load_path(s, &f, moved);
  if (rc) return rc;
  f.amode = px_i32_load(s->stream);
  rc = px_info_load(s, &f.hints);
  if (!rc) rc = make_comm(s, &comm);
  if (!rc) rc = open_again(s, &f, comm, &file);
  if (rc) return rc;
  int rank;
  MPI_Comm_rank(comm, &rank);
  f.is_first = rank == 0;
  if (f.amode & MANA_MODE_DELETE_ON_CLOSE) {
    f.comm = comm;
  } else {
    MPI_Comm_free(&comm);
  }
  px_raise(&px_high_file, mana_index(fh));
  px_table_file[mana_index(fh)] = file;
  *px_file_of(fh) = f;
  return load_done(s->stream) ? 0 : px_refuse(s, "a saved file is damaged");
}

int px_files_restore(struct px_saved *s, px_moved *moved) {
  int n = px_i32_load(s->stream), rc = 0;
  for (int i = 0; i < n && !rc; i++) {
    struct save_stream rest = {0};
    struct px_saved part = {&rest, s->why};
    struct px_name name;
    mana_h fh = load_u32(s->stream);
    load_bytes(s->stream, &name, sizeof name);
    rest.data = (uint8_t *)(uintptr_t)load_block(s->stream, &rest.length);
    rc = rest.data ? restore_one(&part, fh, name, moved) : px_refuse(s, "the saved files are damaged");
  }
  return rc;
}
