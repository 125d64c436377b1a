/* Save and restore of the site's MPI as a whole, and the table through which the agent calls (proxy_checkpoint.h). */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "comm_name.h"
#include "dynamic.h"
#include "foreign.h"
#include "monotonic.h"
#include "place.h"
#include "saved.h"
#include "synchronous.h"

enum { FORMAT = 5 };

int px_refuse(struct px_saved *s, const char *format, ...) {
  va_list args;
  va_start(args, format);
  if (!s->why[0]) vsnprintf(s->why, PROXY_WHY_SIZE, format, args);
  va_end(args);
  return -1;
}

int px_refuse_failed(struct px_saved *s, int rc, const char *call) {
  char text[MPI_MAX_ERROR_STRING + 1] = "";
  int length = 0;
  if (rc == MPI_SUCCESS) return 0;
  MPI_Error_string(rc, text, &length);
  return px_refuse(s, "%s failed: %s", call, text);
}

/* One rank's failure is everybody's, with its words. A coordinator that dies may have told only some to save, and the disk of one may be
 * slow: the others do not wait for ever. They leave when the attempt's time is over, and whoever comes later still completes the
 * reduction: so that it does not go on alone, how late each came is part of what is reduced, and all judge alike. 0; 1 where one has
 * refused and all are here; -1 where they are not. */
static int agree(struct px_saved *s, const struct proxy_attempt *attempt, int rc) {
  enum { FAILED, LATEST, EARLIEST, EPOCH, OTHER_EPOCH, WORDS, LEAST_SECONDS = 10 };
  static int mine[WORDS], all[WORDS]; /* written to whenever the others come */
  static MPI_Request begun = MPI_REQUEST_NULL;
  const int seconds = attempt->seconds > LEAST_SECONDS ? (int)attempt->seconds : LEAST_SECONDS;
  const int64_t end = monotonic_ms() + seconds * 1000ll;
  const int late = (int)((monotonic_ms() - (int64_t)attempt->told) / 1000), epoch = (int)attempt->epoch;
  int rank, done = 1;
  if (begun != MPI_REQUEST_NULL) MPI_Test(&begun, &done, MPI_STATUS_IGNORE);
  if (!done) return px_refuse(s, "other ranks did not take part in an earlier checkpoint");
  MPI_Comm_rank(px_world, &rank);
  memcpy(mine, (int[WORDS]){rc ? rank : -1, late, -late, epoch, -epoch}, sizeof mine);
  rc = px_refuse_failed(s, MPI_Iallreduce(mine, all, WORDS, MPI_INT, MPI_MAX, px_world, &begun), "MPI_Iallreduce");
  for (done = 0; !rc && !done;) {
    rc = px_refuse_failed(s, MPI_Test(&begun, &done, MPI_STATUS_IGNORE), "MPI_Test");
    if (!rc && !done && monotonic_ms() > end)
      rc = px_refuse(s, "other ranks did not begin or end saving their MPI objects within %d seconds", seconds);
  }
  if (rc) return rc;
  if (all[EPOCH] != -all[OTHER_EPOCH]) return px_refuse(s, "other ranks are at checkpoint %d", all[EPOCH]);
  int apart = all[LATEST] + all[EARLIEST];
  if (apart > seconds / 2)
    return px_refuse(s, "the ranks came to the saving of MPI objects %d seconds apart (a slow disk?)", apart);
  if (all[FAILED] < 0) return 0;
  MPI_Bcast(s->why, PROXY_WHY_SIZE, MPI_CHAR, all[FAILED], px_world);
  return 1;
}

#define COUNT_LIVE(id)                                                                                                 \
  static int any_##id(void) {                                                                                          \
    uint32_t i = MANA_FIRST_INDEX;                                                                                     \
    while (i < px_high_##id && !px_is_live_##id(i)) i++;                                                               \
    return i < px_high_##id;                                                                                           \
  }
COUNT_LIVE(win)
COUNT_LIVE(session)

/* What can be told by looking alone, while threads of the application run. Whoever has it may wait for others in calls that know no
 * gate, and would never be stopped. */
static int refuse_at_sight(struct px_saved *s) {
  const char *call = px_dynamic_call();
  if (call) return px_refuse(s, "%s has begun and not ended", call);
  if (any_win()) return px_refuse(s, "a window (MPI_Win_create or its like) is open");
  if (px_foreign_count() > 0)
    return px_refuse(s, "processes of another job are connected (by MPI_Comm_spawn, MPI_Comm_connect or their like)");
  if (px_open_ports > 0) return px_refuse(s, "a port (MPI_Open_port) is open");
  if (px_open_tools > 0) return px_refuse(s, "the tool interface (MPI_T_init_thread) is in use");
  if (px_datareps > 0)
    return px_refuse(s, "a data representation of the program's own (MPI_Register_datarep) is there");
  if (any_session()) return px_refuse(s, "a session (MPI_Session_init) is open");
  return px_requests_check(s);
}

static int refusal(char why[PROXY_WHY_SIZE]) {
  struct px_saved s = {.why = why};
  why[0] = 0;
  return refuse_at_sight(&s);
}

/* What nobody can rebuild elsewhere. Local, and before anything collective: the processes of another job would not take part. */
static int refuse_early(struct px_saved *s) {
  if (refuse_at_sight(s) || px_files_check(s)) return -1;
  for (uint32_t i = MANA_FIRST_INDEX; i < px_high_comm; i++) {
    int inter = 0, rc = 0;
    struct save_stream ignored = {0};
    struct px_saved none = {&ignored, s->why};
    MPI_Group group;
    if (!px_is_live_comm(i)) continue;
    MPI_Comm_group(px_table_comm[i], &group);
    rc = px_members_save(&none, group, "a communicator");
    MPI_Group_free(&group);
    MPI_Comm_test_inter(px_table_comm[i], &inter);
    if (!rc && inter) {
      MPI_Comm_remote_group(px_table_comm[i], &group);
      rc = px_members_save(&none, group, "an intercommunicator");
      MPI_Group_free(&group);
    }
    save_free(&ignored);
    if (rc) return rc;
  }
  return 0;
}

static int save(const struct proxy_attempt *attempt, struct save_stream *to, char why[PROXY_WHY_SIZE]) {
  struct px_saved s = {to, why};
  why[0] = 0;
  int refused = agree(&s, attempt, refuse_early(&s));
  if (refused < 0) return -1;
  /* From here on all ranks are here; and asked in any case: what has been drained stays so, whether the job is saved or not. */
  px_requests_finish();
  int rc = px_comms_name(&s);
  rc |= px_synchronous_ask(&s, !rc);
  if (refused) return -1;
  px_needs_begin();
  save_u32(to, FORMAT);
  px_attributes_save(&s);
  rc |= px_groups_save(&s);
  rc |= px_comms_save(&s);
  rc |= px_files_sync(&s);
  if (!rc) rc = px_types_save(&s);
  if (!rc) rc = px_ops_save(&s);
  if (!rc) rc = px_infos_save(&s);
  if (!rc) rc = px_files_save(&s);
  if (!rc) rc = px_requests_save(&s);
  if (!rc) rc = px_queue_save(&s);
  if (!rc && to->failed) rc = px_refuse(&s, "out of memory");
  return agree(&s, attempt, rc) ? -1 : 0;
}

/* Who fails says so and ends, and the launcher ends the others: they may be waiting for it in a constructor. */
static int restore(struct save_stream *from, px_moved *moved, char why[PROXY_WHY_SIZE]) {
  struct px_saved s = {from, why};
  why[0] = 0;
  uint32_t format = load_u32(from);
  int rc = format == FORMAT
               ? 0
               : px_refuse(&s, "the saved MPI objects have format %u, this bundle reads %d", format, FORMAT);
  if (!rc) px_attributes_restore(&s);
  if (!rc) rc = px_groups_restore(&s);
  if (!rc) rc = px_comms_restore(&s);
  if (!rc) rc = px_types_restore(&s);
  if (!rc) rc = px_ops_restore(&s);
  if (!rc) rc = px_infos_restore(&s);
  if (!rc) rc = px_files_restore(&s, moved);
  if (!rc) rc = px_requests_restore(&s);
  if (!rc) rc = px_queue_restore(&s);
  if (!rc && !load_done(from)) rc = px_refuse(&s, "the saved MPI objects are damaged");
  return rc;
}

const struct proxy_checkpoint mana_proxy_checkpoint __attribute__((visibility("default"))) = {
    .version = PROXY_CHECKPOINT_VERSION,
    .identity = px_identity,
    .progress = px_progress,
    .pump = px_pump,
    .counts = px_counts,
    .save = save,
    .restore = restore,
    .leave = px_leave,
    .pump_beside = px_pump_beside,
    .guard = px_queue_guard,
    .arrive = px_arrive,
    .entered = px_entered,
    .file = px_file_next,
    .calls_back = px_calls_back,
    .refusal = refusal,
    .place = px_place,
    .membership = px_membership,
    .begin = px_begin,
    .barrier = px_barrier,
    .needs_save = px_needs_save,
    .needs_check = px_needs_check,
};
