/* The image of this rank: what each part has to say of itself, and the upper half's memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "cpu_features.h"
#include "faults.h"
#include "image_write.h"
#include "process_state.h"
#include "sections.h"
#include "state.h"

static int save_mpi(char why[PROXY_WHY_SIZE]) {
  pthread_mutex_lock(&agent.lock);
  agent.save_result = 1;
  agent_order(ORDER_SAVE);
  while (agent.save_result == 1) pthread_cond_wait(&agent.changed, &agent.lock);
  int result = agent.save_result;
  if (result != 0 && why != agent.why) memcpy(why, agent.why, PROXY_WHY_SIZE);
  pthread_mutex_unlock(&agent.lock);
  return result;
}

static int save_mpi_files(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  return state_mpi_files_save(agent_proxy()->file, to, why);
}

static int save_mpi_needs(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  return agent_proxy()->needs_save(to, why);
}

/* A timer may end, or a thread that had not parked yet have sent a signal, after its receiver had parked: that is taken too, until none came while the
 * timers were read. (Where they come too fast for that, another is soon to come.) */
static int save_signals(struct save_stream *to, char why[STATE_WHY_SIZE]) {
  enum { TRIES = 20 };
  int result = 0;
  for (int i = 0; i < TRIES && result == 0; i++) {
    const char *lost = agent_park_take();
    if (lost) return snprintf(why, STATE_WHY_SIZE, "%s", lost), -1;
    save_free(to);
    result = state_signals_save(to, why);
    if (!state_signals_came()) break;
  }
  return result;
}

static const struct part {
  uint32_t kind;
  int (*save)(struct save_stream *to, char why[STATE_WHY_SIZE]);
} parts[] = {
    {SECTION_DESCRIPTORS, state_descriptors_save}, {SECTION_SIGNALS, save_signals},
    {SECTION_PROCESS, state_process_save},         {SECTION_MPI_FILES, save_mpi_files},
    {SECTION_MPI_NEEDS, save_mpi_needs},
};
enum { PARTS = sizeof parts / sizeof *parts };

static int halfway(char why[IMAGE_WHY_SIZE]) {
  if (!fault_at(FAULT_HALF_WRITTEN)) return 0;
  snprintf(why, PROXY_WHY_SIZE, FAULT_WHY);
  return -1;
}

/* The image's name, which is on this host's side of a network file system; some of those know no such thing (EINVAL). */
static int sync_folder(const char *folder, char why[PROXY_WHY_SIZE]) {
  int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  int problem = fd < 0 || (fsync(fd) != 0 && errno != EINVAL) ? errno : 0;
  if (fd >= 0) close(fd);
  if (problem) snprintf(why, PROXY_WHY_SIZE, "cannot sync '%s': %s", folder, strerror(problem));
  return problem ? -1 : 0;
}

static int write_image(const char *folder, uint32_t codec, bool refer, struct save_stream *streams,
                       struct agent_written *written, char why[PROXY_WHY_SIZE]) {
  static const struct image_range exclusions[] = {
      {MPI_TABLE_ADDR, MPI_TABLE_ADDR + ((sizeof(struct mpi_table) + 4095) & ~4095ull)},
      {OWNER_PAGE_ADDR, OWNER_PAGE_ADDR + 4096},
  };
  struct image_block sections[PARTS + 1] = {{SECTION_MPI, agent.mpi.data, agent.mpi.length}};
  struct image_result result;
  char path[4096 + 32];
  int rank = 0, size = 0;
  for (int i = 0; i < PARTS; i++) {
    sections[i + 1] = (struct image_block){parts[i].kind, streams[i].data, streams[i].length};
  }
  (void)agent_proxy()->identity(&rank, &size);
  snprintf(path, sizeof path, "%s/rank-%d.img", folder, rank);
  struct image_source source = {
      .path = path,
      .codec = codec,
      .refer = refer,
      .halfway = halfway,
      .sections = sections,
      .section_count = PARTS + 1,
      .exclusions = exclusions,
      .exclusion_count = sizeof exclusions / sizeof *exclusions,
      .program_started = STATE->program_started,
      .identity = {
          .rank = (uint32_t)rank, .size = (uint32_t)size, .epoch = agent.epoch, .fingerprint = MPI_TABLE->fingerprint}};
  cpu_features_read(source.identity.cpu);
  if (image_write(&source, &result, why) != 0 || sync_folder(folder, why) != 0) return -1;
  *written = (struct agent_written){result.memory_length, result.file_length, result.checksum};
  return 0;
}

int agent_write(const char *folder, uint32_t codec, bool refer, struct agent_written *written,
                char why[PROXY_WHY_SIZE]) {
  struct save_stream streams[PARTS] = {0};
  char unsynced[STATE_WHY_SIZE] = "";
  int synced = state_descriptors_sync(unsynced);
  if (synced == 0 && fault_at(FAULT_SYNCED)) {
    snprintf(unsynced, sizeof unsynced, FAULT_WHY);
    synced = -1;
  }
  int result = save_mpi(why); /* collective, so also where that has failed; behind it all ranks have synced */
  if (result == 0 && synced != 0) {
    snprintf(why, PROXY_WHY_SIZE, "%s", unsynced);
    result = -1;
  }
  for (int i = 0; i < PARTS && result == 0; i++) {
    result = parts[i].save(&streams[i], why);
    if (result == 0 && streams[i].failed) {
      snprintf(why, PROXY_WHY_SIZE, "out of memory");
      result = -1;
    }
  }
  if (result == 0 && fault_at(FAULT_WRITING)) {
    snprintf(why, PROXY_WHY_SIZE, FAULT_WHY);
    result = -1;
  }
  if (result == 0) result = write_image(folder, codec, refer, streams, written, why);
  for (int i = 0; i < PARTS; i++) save_free(&streams[i]);
  return result;
}
