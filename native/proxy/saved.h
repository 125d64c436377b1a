/* The site's objects in saved form: each family writes and rebuilds its own. All canonical, so that another MPI can read it. */
#ifndef MANA_PX_SAVED_H
#define MANA_PX_SAVED_H
#include "proxy_checkpoint.h"
#include "pump.h"

/* Where it is written to or read from, and why it cannot be, in words for a user. */
struct px_saved {
  struct save_stream *stream;
  char *why; /* PROXY_WHY_SIZE; the first reason stays */
};
/* Notes the reason, unless there is one already. -1. */
int px_refuse(struct px_saved *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Notes that a call of the site's failed, if it did: 0 or -1. */
int px_refuse_failed(struct px_saved *s, int rc, const char *call);

struct px_file;
/* The same of a call on a file, which it names. */
int px_file_failed(struct px_saved *s, int rc, const char *call, const struct px_file *f);

/* All return 0, or -1 with a reason. Those marked * are collective: each rank calls them, even with nothing to save. */
int px_groups_save(struct px_saved *s);
int px_groups_restore(struct px_saved *s);
int px_comms_save(struct px_saved *s);    /* when they have been named: comm_name.h */
int px_comms_restore(struct px_saved *s); /* * */
/* Of all that is saved from `begin` on: types note each predefined datatype. save, check: as proxy_checkpoint.h has them. */
void px_needs_begin(void);
void px_need(mana_h type);
int px_needs_save(struct save_stream *to, char why[PROXY_WHY_SIZE]);
int px_needs_check(struct save_stream *from, char why[PROXY_WHY_SIZE]);
int px_types_save(struct px_saved *s);
int px_types_restore(struct px_saved *s);
int px_ops_save(struct px_saved *s);
int px_ops_restore(struct px_saved *s);
int px_infos_save(struct px_saved *s);
int px_infos_restore(struct px_saved *s);
void px_attributes_save(struct px_saved *s);
void px_attributes_restore(struct px_saved *s);
/* Files. check: local, before anything collective. */
int px_files_check(struct px_saved *s);
int px_files_sync(struct px_saved *s); /* * */
int px_files_save(struct px_saved *s);
typedef int px_moved(char *path, size_t size);             /* where a full path leads now: proxy_checkpoint.h */
int px_files_restore(struct px_saved *s, px_moved *moved); /* * */
int px_file_next(uint32_t *cursor, const char **path, int *written);
/* check: local, and only looks, at any time. */
int px_requests_check(struct px_saved *s);
void px_requests_finish(void); /* sends whose messages have been received */
int px_requests_save(struct px_saved *s);
int px_requests_restore(struct px_saved *s);
int px_queue_save(struct px_saved *s);
int px_queue_restore(struct px_saved *s);

/* Of an intracommunicator (an intercommunicator has none). Restore puts it on a communicator of the same members in the same order: *comm
 * becomes another one; collective on it. */
int px_topology_save(struct px_saved *s, MPI_Comm comm, int inter);
int px_topology_restore(struct px_saved *s, MPI_Comm *comm);

/* The group's members as ranks of MPI_COMM_WORLD, on both sides. `ranks` of load is malloc'd; NULL after a failure. */
int px_members_save(struct px_saved *s, MPI_Group group, const char *whose);
int *px_members_load(struct px_saved *s, int *n);
/* -1 where a member is not in MPI_COMM_WORLD. */
int px_world_ranks(MPI_Group group, int n, int *ranks);
/* A datatype that something else refers to, be it the application's own, freed since, or predefined. *owned: the caller frees it. */
int px_type_save(struct px_saved *s, MPI_Datatype type);
int px_type_load(struct px_saved *s, MPI_Datatype *type, int *owned);
/* Keys and values; of MPI_INFO_NULL none. load: adds them to *info, which is made where it is MPI_INFO_NULL and there are some. */
void px_info_save(struct save_stream *s, MPI_Info info);
int px_info_load(struct px_saved *s, MPI_Info *info);
void px_i32_save(struct save_stream *s, int32_t value);
int32_t px_i32_load(struct save_stream *s);
#endif
