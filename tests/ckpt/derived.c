/* Messages of derived types in flight: the layout on one side is not that on the other, and the types are freed while the
 * requests still need them. What lies between the blocks must stay as it was. */
#include "story.h"

#define LAG 5
enum { SLOTS = LAG + 1, BLOCKS = 3000, CELLS = 4 * BLOCKS, UNTOUCHED = 0x5a5a5a5a };
static int32_t out[SLOTS][CELLS], in[SLOTS][CELLS];
static MPI_Request sends[SLOTS], receives[SLOTS];

/* A type of the first half of the cells, in one of four layouts; small enough for an eager message in every other step. */
static MPI_Datatype layout(int kind, int blocks) {
  MPI_Datatype type = MPI_DATATYPE_NULL, inner;
  int *lengths = malloc(sizeof(int) * BLOCKS), *places = malloc(sizeof(int) * BLOCKS);
  CHECK(lengths && places);
  for (int i = 0; i < blocks; i++) lengths[i] = 2, places[i] = 4 * i + 1;
  if (kind == 0) MPI_Type_vector(blocks, 2, 4, MPI_INT32_T, &type);
  if (kind == 1) MPI_Type_indexed(blocks, lengths, places, MPI_INT32_T, &type);
  if (kind == 2) {
    MPI_Aint at[2] = {0, 12};
    int each[2] = {1, 1};
    MPI_Datatype of[2] = {MPI_INT32_T, MPI_INT32_T}, pair;
    MPI_Type_create_struct(2, each, at, of, &pair);
    MPI_Type_create_resized(pair, 0, 16, &inner);
    MPI_Type_contiguous(blocks, inner, &type);
    MPI_Type_free(&pair);
    MPI_Type_free(&inner);
  }
  if (kind == 3) {
    int sizes[2] = {blocks, 4}, part[2] = {blocks, 2}, start[2] = {0, 2};
    MPI_Type_create_subarray(2, sizes, part, start, MPI_ORDER_C, MPI_INT32_T, &type);
  }
  free(lengths);
  free(places);
  MPI_Type_commit(&type);
  return type;
}
/* The cell of value v in a layout. */
static int cell(int kind, int v) {
  static const int offset[4][2] = {{0, 1}, {1, 2}, {0, 3}, {2, 3}};
  return 4 * (v / 2) + offset[kind][v % 2];
}
static int blocks_of(int step) {
  return step % 2 ? BLOCKS : 3;
}
static int32_t value(int sender, int step, int v) {
  return (int32_t)story_word((uint64_t)sender << 32 | (uint64_t)step, (size_t)v);
}

static void start(int step, int to, int from) {
  int slot = step % SLOTS, blocks = blocks_of(step), mine = step % 4, theirs = step / 4 % 4;
  for (int i = 0; i < CELLS; i++) in[slot][i] = out[slot][i] = UNTOUCHED;
  for (int v = 0; v < 2 * blocks; v++) out[slot][cell(mine, v)] = value(story_rank, step, v);
  MPI_Datatype sent = layout(mine, blocks), received = layout(theirs, blocks);
  MPI_Isend(out[slot], 1, sent, to, step, MPI_COMM_WORLD, &sends[slot]);
  if (step % 3) MPI_Irecv(in[slot], 1, received, from, step, MPI_COMM_WORLD, &receives[slot]);
  MPI_Type_free(&sent);
  MPI_Type_free(&received);
}

static void finish(int step, int from) {
  int slot = step % SLOTS, blocks = blocks_of(step), theirs = step / 4 % 4, count;
  MPI_Datatype type = layout(theirs, blocks);
  MPI_Status status;
  if (step % 3)
    MPI_Wait(&receives[slot], &status);
  else /* it has been waiting, unexpected, for LAG steps */
    MPI_Recv(in[slot], 1, type, from, step, MPI_COMM_WORLD, &status);
  MPI_Get_elements(&status, type, &count);
  CHECK(count == 2 * blocks && status.MPI_TAG == step);
  for (int v = 0; v < 2 * blocks; v++) {
    CHECK(in[slot][cell(theirs, v)] == value(from, step, v));
    in[slot][cell(theirs, v)] = UNTOUCHED;
  }
  for (int i = 0; i < CELLS; i++) CHECK(in[slot][i] == UNTOUCHED);
  story_add(&count, sizeof count);
  MPI_Type_free(&type);
  MPI_Wait(&sends[slot], MPI_STATUS_IGNORE);
}

int main(int argc, char **argv) {
  story_begin("derived", &argc, &argv);
  int to = (story_rank + 1) % story_size, from = (story_rank + story_size - 1) % story_size;
  for (int step = 0; story_goes_on(step); step++) {
    start(step, to, from);
    if (step >= LAG) finish(step - LAG, from);
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(step, from);
  return story_end();
}
