/* Processes of another job are connected until a file called "leave" is there, and send more than they are sent. Until then no checkpoint can be taken; afterwards nothing
 * of it is left that a checkpoint would take for a message in flight, or miss. */
#include "story.h"

enum { REPLIES = 3, ASK = 1, REPLY = 2 };

static int visitor(MPI_Comm host) {
  for (int goes_on = 1; goes_on;) {
    MPI_Recv(&goes_on, 1, MPI_INT, 0, ASK, host, MPI_STATUS_IGNORE);
    for (int i = 0; goes_on && i < REPLIES; i++) MPI_Send(&i, 1, MPI_INT, 0, REPLY, host);
  }
  MPI_Comm_disconnect(&host);
  MPI_Finalize();
  return 0;
}

/* Blocking and nonblocking receives, and what was probed, in turn. */
static void take_replies(MPI_Comm visitors) {
  MPI_Request request;
  MPI_Message message;
  int got[REPLIES];
  MPI_Recv(&got[0], 1, MPI_INT, 0, REPLY, visitors, MPI_STATUS_IGNORE);
  MPI_Irecv(&got[1], 1, MPI_INT, 0, REPLY, visitors, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Mprobe(0, REPLY, visitors, &message, MPI_STATUS_IGNORE);
  MPI_Mrecv(&got[2], 1, MPI_INT, &message, MPI_STATUS_IGNORE);
  for (int i = 0; i < REPLIES; i++) CHECK(got[i] == i);
}

static void be_visited(char *program) {
  char steps[] = "1", *arguments[] = {steps, NULL};
  MPI_Comm visitors;
  MPI_Comm_spawn(program, arguments, 1, MPI_INFO_NULL, 0, MPI_COMM_WORLD, &visitors, MPI_ERRCODES_IGNORE);
  for (int stays = 1; stays; usleep(5000)) {
    stays = access("leave", F_OK) != 0;
    MPI_Bcast(&stays, 1, MPI_INT, 0, MPI_COMM_WORLD);
    if (story_rank != 0) continue;
    MPI_Send(&stays, 1, MPI_INT, 0, ASK, visitors);
    if (stays) take_replies(visitors);
  }
  MPI_Comm_disconnect(&visitors);
}

int main(int argc, char **argv) {
  MPI_Comm host;
  story_begin("visitors", &argc, &argv);
  MPI_Comm_get_parent(&host);
  if (host != MPI_COMM_NULL) return visitor(host);
  be_visited(argv[0]);
  for (int step = 0; story_goes_on(step); step++) {
    uint64_t out = story_word((uint64_t)step, (size_t)story_rank), in = 0;
    MPI_Request request;
    MPI_Isend(&out, 1, MPI_UINT64_T, (story_rank + 1) % story_size, 0, MPI_COMM_WORLD, &request);
    usleep(5000); /* in flight */
    MPI_Recv(&in, 1, MPI_UINT64_T, MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    CHECK(in == story_word((uint64_t)step, (size_t)((story_rank + story_size - 1) % story_size)));
    MPI_Wait(&request, MPI_STATUS_IGNORE);
    story_add(&in, sizeof in);
  }
  return story_end();
}
