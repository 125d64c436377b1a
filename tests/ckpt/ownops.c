/* Nonblocking reductions by a function of the program's, in flight over several steps, on datatypes that were freed when they had been
 * started; and an info that holds more than some MPIs can. */
#include "story.h"

enum { LAG = 3, SLOTS = LAG + 1, LONG = 400 };
static struct {
  uint64_t out, in;
  MPI_Datatype type; /* as the function gets it */
  MPI_Request request;
} own[SLOTS];
static MPI_Info info;

static uint64_t given(int step, int rank) {
  return story_word((uint64_t)step << 8 | (uint64_t)rank, 9) >> 8;
}

static void sum_words(void *in, void *inout, int *count, MPI_Datatype *type) {
  MPI_Aint lower, extent;
  int is_one = 0;
  for (int i = 0; i < SLOTS; i++) is_one |= own[i].type == *type;
  CHECK(is_one && MPI_Type_get_extent(*type, &lower, &extent) == MPI_SUCCESS && extent == sizeof(uint64_t));
  for (int i = 0; i < *count; i++) ((uint64_t *)inout)[i] += ((const uint64_t *)in)[i];
}

static void start(int step, MPI_Op op, MPI_Comm comm) {
  int slot = step % SLOTS;
  MPI_Datatype type;
  own[slot].out = given(step, story_rank);
  MPI_Type_contiguous(1, MPI_UINT64_T, &type);
  MPI_Type_commit(&type);
  own[slot].type = type;
  MPI_Iallreduce(&own[slot].out, &own[slot].in, 1, type, op, comm, &own[slot].request);
  MPI_Type_free(&type);
}

static void finish(int step) {
  int slot = step % SLOTS;
  uint64_t sum = 0;
  MPI_Wait(&own[slot].request, MPI_STATUS_IGNORE);
  for (int rank = 0; rank < story_size; rank++) sum += given(step, rank);
  CHECK(own[slot].in == sum);
  story_add(&sum, sizeof sum);
}

/* As long as this MPI takes it. */
static void fill(char *text) {
  int length = MPI_MAX_INFO_VAL > LONG ? LONG : MPI_MAX_INFO_VAL - 1;
  memset(text, 'x', (size_t)length);
  text[length] = 0;
}
static void ask_info(void) {
  char given[LONG + 1], got[MPI_MAX_INFO_VAL + 1];
  int flag, count;
  fill(given);
  MPI_Info_get_nkeys(info, &count);
  MPI_Info_get(info, "long", MPI_MAX_INFO_VAL, got, &flag);
  CHECK(count == 2 && flag && strcmp(got, given) == 0);
  MPI_Info_get(info, "short", MPI_MAX_INFO_VAL, got, &flag);
  CHECK(flag && strcmp(got, "1") == 0);
}

int main(int argc, char **argv) {
  char text[LONG + 1];
  MPI_Comm comm;
  MPI_Op op;
  story_begin("ownops", &argc, &argv);
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Op_create(sum_words, 1, &op);
  fill(text);
  MPI_Info_create(&info);
  MPI_Info_set(info, "long", text);
  MPI_Info_set(info, "short", "1");
  for (int step = 0; story_goes_on(step); step++) {
    start(step, op, comm);
    if (step >= LAG) finish(step - LAG);
    ask_info();
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(step);
  MPI_Info_free(&info);
  MPI_Op_free(&op);
  MPI_Comm_free(&comm);
  return story_end();
}
