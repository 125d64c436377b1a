/* Communicators, groups, types and operations made and freed at every step, some living on for a few steps: a checkpoint
 * meets constructors half way, and handles whose numbers have been used before. */
#include "story.h"

enum { KEPT = 7 };
static MPI_Comm comms[KEPT];
static MPI_Datatype types[KEPT];
static MPI_Group groups[KEPT];
static MPI_Op ops[KEPT];

static void add_twice(void *in, void *inout, int *count, MPI_Datatype *type) {
  (void)type;
  for (int i = 0; i < *count; i++) ((int *)inout)[i] += ((int *)in)[i];
}

static MPI_Comm make_comm(int step) {
  int dims[2] = {0, 0}, periods[2] = {1, 0}, keep[2] = {1, 0};
  MPI_Comm comm = MPI_COMM_NULL, part;
  MPI_Group world;
  MPI_Request request;
  switch (step % 7) {
    case 0: MPI_Comm_dup(MPI_COMM_WORLD, &comm); break;
    case 1: MPI_Comm_split(MPI_COMM_WORLD, story_rank % 2, -story_rank, &comm); break;
    case 2:
      MPI_Dims_create(story_size, 2, dims);
      MPI_Cart_create(MPI_COMM_WORLD, 2, dims, periods, 1, &part);
      MPI_Cart_sub(part, keep, &comm);
      MPI_Comm_free(&part);
      break;
    case 3:
      MPI_Comm_group(MPI_COMM_WORLD, &world);
      MPI_Comm_create(MPI_COMM_WORLD, world, &comm);
      MPI_Group_free(&world);
      break;
    case 4:
      MPI_Comm_idup(MPI_COMM_WORLD, &comm, &request);
      MPI_Wait(&request, MPI_STATUS_IGNORE);
      break;
    case 5: MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &comm); break;
    default: /* some ranks get none */
      MPI_Comm_split(MPI_COMM_WORLD, story_rank == step % story_size ? MPI_UNDEFINED : 3, 0, &comm);
  }
  return comm;
}

static MPI_Datatype make_type(int step) {
  MPI_Datatype inner, type;
  MPI_Type_vector(1 + step % 5, 2, 3, MPI_INT, &inner);
  MPI_Type_contiguous(2, inner, &type);
  MPI_Type_free(&inner); /* the outer type lives on what is freed here */
  MPI_Type_commit(&type);
  return type;
}

/* What was made some steps ago is still what it was. */
static void use(int step, int made) {
  int i = made % KEPT, n = 1, me = 0, sum, size, members;
  if (comms[i] != MPI_COMM_NULL) {
    MPI_Comm_size(comms[i], &n);
    MPI_Comm_rank(comms[i], &me);
    int mine = step + me;
    MPI_Allreduce(&mine, &sum, 1, MPI_INT, ops[i], comms[i]);
    CHECK(sum == n * step + n * (n - 1) / 2);
    story_add(&sum, sizeof sum);
  } else {
    CHECK(made % 7 == 6 && story_rank == made % story_size);
  }
  MPI_Type_size(types[i], &size);
  CHECK(size == (1 + made % 5) * 4 * (int)sizeof(int));
  MPI_Group_size(groups[i], &members);
  CHECK(members == story_size - (story_size > 1));
}

static void free_all(int i) {
  if (comms[i] != MPI_COMM_NULL) MPI_Comm_free(&comms[i]);
  MPI_Type_free(&types[i]);
  MPI_Group_free(&groups[i]);
  MPI_Op_free(&ops[i]);
}

int main(int argc, char **argv) {
  story_begin("constructors", &argc, &argv);
  for (int step = 0; story_goes_on(step); step++) {
    int i = step % KEPT, leave = step % story_size;
    MPI_Group world;
    if (step >= KEPT) free_all(i);
    comms[i] = make_comm(step);
    types[i] = make_type(step);
    MPI_Comm_group(MPI_COMM_WORLD, &world);
    MPI_Group_excl(world, story_size > 1, &leave, &groups[i]);
    MPI_Group_free(&world);
    MPI_Op_create(add_twice, step % 2, &ops[i]);
    for (int made = step; made >= 0 && made > step - KEPT; made -= 2) use(step, made);
  }
  for (int i = 0; i < KEPT && i < story_steps; i++) free_all(i);
  return story_end();
}
