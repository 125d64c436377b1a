/* Open files: as the site describes them, but for what it does not tell (px_file.h). Whether a file is still what it was, and that it is
 * cut back where it grew, is native/state's business, which this rank is asked for by px_file_next. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "px_file.h"
#include "saved.h"
#include "site_values.h"
#include "type_made.h"

int px_file_failed(struct px_saved *s, int rc, const char *call, const struct px_file *f) {
  char text[4096 + 64];
  snprintf(text, sizeof text, "%s of %s", call, f->path);
  return px_refuse_failed(s, rc, text);
}

/* --- before anything is saved ----------------------------------------------------------------------------------------------- */
static int check_path(struct px_saved *s, const struct px_file *f) {
  struct stat now;
  if (stat(f->path, &now) != 0 || (f->inode && (now.st_ino != f->inode || now.st_dev != f->device)))
    return px_refuse(s, "%s, open through MPI_File_open, has been removed or renamed since it was opened", f->path);
  if (!S_ISREG(now.st_mode)) return px_refuse(s, "%s, open through MPI_File_open, is not a regular file", f->path);
  return 0;
}

static int check_one(struct px_saved *s, mana_h fh) {
  const struct px_file *f = px_file_of(fh);
  struct save_stream ignored = {0};
  struct px_saved none = {&ignored, s->why};
  MPI_Group group;
  if (f->split) return px_refuse(s, "%s has begun on the file %s and has not ended", f->split, f->path);
  if (f->amode & MANA_MODE_SEQUENTIAL)
    return px_refuse(s, "%s is open with MPI_MODE_SEQUENTIAL, under which no MPI call sets the pointer", f->path);
  int rc = px_refuse_failed(s, MPI_File_get_group(px_file(fh), &group), "MPI_File_get_group");
  if (rc) return rc;
  rc = px_members_save(&none, group, "a file's group");
  MPI_Group_free(&group);
  save_free(&ignored);
  if (!rc && f->is_first) rc = check_path(s, f);
  return rc;
}

int px_files_check(struct px_saved *s) {
  int rc = 0;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_file && !rc; i++) {
    if (px_is_live_file(i)) rc = check_one(s, mana_handle(MANA_KIND_FILE, i));
  }
  return rc;
}

/* Whoever fails goes on with the others: they would wait for it. */
int px_files_sync(struct px_saved *s) {
  int n, rc = 0;
  mana_h *list = px_files_list(&n);
  if (!list) return px_refuse(s, "out of memory");
  for (int i = 0; i < n; i++) {
    const struct px_file *f = px_file_of(list[i]);
    if (!(f->amode & MANA_MODE_RDONLY)) rc |= px_file_failed(s, MPI_File_sync(px_file(list[i])), "MPI_File_sync", f);
  }
  free(list);
  return rc;
}

int px_file_next(uint32_t *cursor, const char **path, int *written) {
  for (uint32_t i = *cursor > MANA_FIRST_INDEX ? *cursor : MANA_FIRST_INDEX; i < px_high_file; i++) {
    if (!px_is_live_file(i) || !px_files[i].is_first) continue;
    *path = px_files[i].path;
    *written = !(px_files[i].amode & MANA_MODE_RDONLY);
    *cursor = i + 1;
    return 1;
  }
  return 0;
}

/* --- save -------------------------------------------------------------------------------------------------------------------- */
static int save_view(struct px_saved *s, MPI_File file, const struct px_file *f) {
  char datarep[MPI_MAX_DATAREP_STRING + 1] = "";
  MPI_Offset disp = 0;
  MPI_Datatype etype, filetype;
  int rc = px_file_failed(s, MPI_File_get_view(file, &disp, &etype, &filetype, datarep), "MPI_File_get_view", f);
  if (rc) return rc;
  save_u64(s->stream, (uint64_t)disp);
  save_text(s->stream, datarep);
  rc = px_type_save(s, etype);
  if (!rc) rc = px_type_save(s, filetype);
  px_type_drop(&etype);
  px_type_drop(&filetype);
  return rc;
}

/* The shared pointer is asked for only where it was used: MPIs may need locks for it, which not every file system has. */
static int save_pointers(struct px_saved *s, MPI_File file, const struct px_file *f) {
  MPI_Offset own = 0, shared = 0;
  int atomic = 0;
  int rc = px_file_failed(s, MPI_File_get_position(file, &own), "MPI_File_get_position", f);
  if (!rc && f->has_moved_shared)
    rc = px_file_failed(s, MPI_File_get_position_shared(file, &shared), "MPI_File_get_position_shared", f);
  if (!rc) rc = px_file_failed(s, MPI_File_get_atomicity(file, &atomic), "MPI_File_get_atomicity", f);
  save_u64(s->stream, (uint64_t)own);
  px_i32_save(s->stream, f->has_moved_shared);
  save_u64(s->stream, (uint64_t)shared);
  px_i32_save(s->stream, atomic);
  return rc;
}

static int save_one(struct px_saved *s, mana_h fh) {
  const struct px_file *f = px_file_of(fh);
  MPI_File file = px_file(fh);
  MPI_Group group;
  struct save_stream rest = {0};
  struct px_saved part = {&rest, s->why};
  save_u32(s->stream, fh);
  save_bytes(s->stream, &f->name, sizeof f->name);
  int rc = px_file_failed(s, MPI_File_get_group(file, &group), "MPI_File_get_group", f);
  if (rc) return rc;
  save_text(&rest, f->path);
  px_i32_save(&rest, f->amode);
  px_info_save(&rest, f->hints);
  rc = px_members_save(&part, group, "a file's group");
  MPI_Group_free(&group);
  if (!rc) rc = save_view(&part, file, f);
  if (!rc) rc = save_pointers(&part, file, f);
  save_block(s->stream, rest.data, rest.length);
  if (!rc && rest.failed) rc = px_refuse(s, "out of memory");
  save_free(&rest);
  return rc;
}

int px_files_save(struct px_saved *s) {
  int n, rc = 0;
  mana_h *list = px_files_list(&n);
  if (!list) return px_refuse(s, "out of memory");
  px_i32_save(s->stream, n);
  for (int i = 0; i < n && !rc; i++) rc = save_one(s, list[i]);
  free(list);
  return rc;
}
