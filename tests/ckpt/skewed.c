/* Blocking collectives over overlapping communicators, ranks at different speeds: whoever is stopped before one
 * collective must not keep another, already entered, from ending. Now and then a rank computes for long outside MPI. */
#include "story.h"

/* A communicator of our own and our right neighbour, made by these two alone. Even ranks go first, so rings close. */
static MPI_Comm pair_with(int other, int tag) {
  int ranks[2] = {story_rank < other ? story_rank : other, story_rank < other ? other : story_rank};
  MPI_Group world, two;
  MPI_Comm comm;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_incl(world, ranks[0] == ranks[1] ? 1 : 2, ranks, &two);
  MPI_Comm_create_group(MPI_COMM_WORLD, two, tag, &comm);
  MPI_Group_free(&world);
  MPI_Group_free(&two);
  return comm;
}

static void reduce_on(MPI_Comm comm, int step) {
  int n, me;
  uint64_t mine, sum, expected = 0;
  MPI_Comm_size(comm, &n);
  MPI_Comm_rank(comm, &me);
  mine = story_word((uint64_t)step, (size_t)me) >> 16;
  for (int i = 0; i < n; i++) expected += story_word((uint64_t)step, (size_t)i) >> 16;
  MPI_Allreduce(&mine, &sum, 1, MPI_UINT64_T, MPI_SUM, comm);
  CHECK(sum == expected);
  story_add(&sum, sizeof sum);
}

int main(int argc, char **argv) {
  story_begin("skewed", &argc, &argv);
  int right = (story_rank + 1) % story_size, left = (story_rank + story_size - 1) % story_size;
  MPI_Comm with_right, with_left, halves, again;
  int even_first = story_rank % 2 == 0;
  with_right = even_first ? pair_with(right, story_rank) : MPI_COMM_NULL;
  with_left = pair_with(left, left);
  if (!even_first) with_right = pair_with(right, story_rank);
  MPI_Comm_split(MPI_COMM_WORLD, story_rank / 2, story_rank, &halves);
  MPI_Comm_dup(MPI_COMM_WORLD, &again); /* the same members as the world: they share a clock */
  for (int step = 0; story_goes_on(step); step++) {
    if (step % 8 == story_rank) story_linger(15000);        /* a straggler, */
    if (step % 40 == 20 + story_rank) story_compute(25000); /* or a rank that makes no MPI call for long */
    if (even_first) reduce_on(with_right, step);
    reduce_on(with_left, step);
    if (!even_first) reduce_on(with_right, step);
    if (step % 2) reduce_on(halves, step);
    if (step % 3 == 0) MPI_Barrier(again);
    if (step % 5 == 0) reduce_on(step % 2 ? MPI_COMM_WORLD : again, step);
    if (step % 6 == 0) { /* a collective that only the first two ranks make, one of them late */
      if (story_rank == 1) story_linger(10000);
      MPI_Comm two = story_rank < 2 && story_size > 1 ? pair_with(1 - story_rank, 1000 + step) : MPI_COMM_NULL;
      if (two != MPI_COMM_NULL) reduce_on(two, step);
      if (two != MPI_COMM_NULL) MPI_Comm_free(&two);
    }
    if (step % 7 == 0) { /* root goes on at once, the others come when they come */
      uint64_t value = story_rank == 0 ? story_word((uint64_t)step, 7) : 0;
      MPI_Bcast(&value, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
      CHECK(value == story_word((uint64_t)step, 7));
    }
  }
  MPI_Comm_free(&with_right);
  MPI_Comm_free(&with_left);
  MPI_Comm_free(&halves);
  MPI_Comm_free(&again);
  return story_end();
}
