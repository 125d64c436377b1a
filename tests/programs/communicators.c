/* Communicators and groups: making, comparing, splitting, set algebra, rank translation, names. */
#include "check.h"

static void groups(void) {
  int size = check_size(), rank = check_rank(), result, value, ranks[4], translated[2];
  MPI_Group world, evens, odds, both, none, range, reversed;
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  int triple[1][3] = {{0, size - 1, 2}}, backwards[1][3] = {{size - 1, 0, -1}};
  MPI_Group_range_incl(world, 1, triple, &evens);
  MPI_Group_range_excl(world, 1, triple, &odds);
  MPI_Group_size(evens, &value);
  CHECK(value == (size + 1) / 2);
  MPI_Group_union(evens, odds, &both);
  MPI_Group_compare(both, world, &result);
  CHECK(result == (size > 2 ? MPI_SIMILAR : MPI_IDENT));
  MPI_Group_intersection(evens, odds, &none);
  MPI_Group_compare(none, MPI_GROUP_EMPTY, &result);
  CHECK(result == MPI_IDENT);
  MPI_Group_size(none, &value);
  CHECK(value == 0);
  MPI_Group_rank(odds, &value);
  CHECK(value == (rank % 2 ? rank / 2 : MPI_UNDEFINED));
  MPI_Group_range_incl(world, 1, backwards, &reversed);
  ranks[0] = 0, ranks[1] = MPI_PROC_NULL;
  MPI_Group_translate_ranks(world, 2, ranks, reversed, translated);
  CHECK(translated[0] == size - 1 && translated[1] == MPI_PROC_NULL);
  if (size > 1) {
    ranks[0] = 0;
    MPI_Group_translate_ranks(evens, 1, ranks, odds, translated);
    CHECK(translated[0] == MPI_UNDEFINED);
  }
  MPI_Group_difference(world, evens, &range);
  MPI_Group_compare(range, odds, &result);
  CHECK(result == MPI_IDENT);
  MPI_Group *freed[] = {&world, &evens, &odds, &both, &range, &reversed};
  for (size_t i = 0; i < sizeof freed / sizeof *freed; i++) {
    MPI_Group_free(freed[i]);
    CHECK(*freed[i] == MPI_GROUP_NULL);
  }
}

static void comparing(void) {
  int result, flag, rank, size;
  MPI_Comm copy, reversed;
  MPI_Comm_dup(MPI_COMM_WORLD, &copy);
  MPI_Comm_compare(MPI_COMM_WORLD, MPI_COMM_WORLD, &result);
  CHECK(result == MPI_IDENT);
  MPI_Comm_compare(MPI_COMM_WORLD, copy, &result);
  CHECK(result == MPI_CONGRUENT);
  MPI_Comm_split(MPI_COMM_WORLD, 0, -check_rank(), &reversed);
  MPI_Comm_rank(reversed, &rank);
  MPI_Comm_size(reversed, &size);
  CHECK(size == check_size() && rank == size - 1 - check_rank());
  MPI_Comm_compare(copy, reversed, &result);
  CHECK(result == (size > 1 ? MPI_SIMILAR : MPI_CONGRUENT));
  MPI_Comm_compare(MPI_COMM_SELF, copy, &result);
  CHECK(result == (size > 1 ? MPI_UNEQUAL : MPI_CONGRUENT));
  MPI_Comm_test_inter(copy, &flag);
  CHECK(!flag);
  MPI_Comm_free(&copy);
  MPI_Comm_free(&reversed);
}

static void splitting(void) {
  int rank = check_rank(), size = check_size(), sum = 0, parity_size;
  MPI_Comm parity, nobody, node, first, twin;
  MPI_Request request;
  MPI_Comm_split(MPI_COMM_WORLD, rank % 2, rank, &parity);
  MPI_Comm_size(parity, &parity_size);
  MPI_Allreduce(&rank, &sum, 1, MPI_INT, MPI_SUM, parity);
  check_record("parity=%d/%d", sum, parity_size);
  MPI_Comm_split(MPI_COMM_WORLD, rank == 0 ? 5 : MPI_UNDEFINED, 0, &nobody);
  CHECK((nobody == MPI_COMM_NULL) == (rank != 0));
  if (nobody != MPI_COMM_NULL) MPI_Comm_free(&nobody);
  MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  MPI_Comm_size(node, &sum);
  CHECK(sum == size);
  MPI_Comm_free(&node);

  MPI_Group world, front;
  int front_size = (size + 1) / 2, triple[1][3] = {{0, front_size - 1, 1}};
  MPI_Comm_group(MPI_COMM_WORLD, &world);
  MPI_Group_range_incl(world, 1, triple, &front);
  MPI_Comm_create(MPI_COMM_WORLD, front, &first);
  CHECK((first != MPI_COMM_NULL) == (rank < front_size));
  if (first != MPI_COMM_NULL) {
    MPI_Comm group_only;
    MPI_Comm_create_group(MPI_COMM_WORLD, front, 77, &group_only); /* only the members call */
    MPI_Comm_size(group_only, &sum);
    CHECK(sum == front_size);
    MPI_Comm_free(&group_only);
    MPI_Comm_free(&first);
  }
  MPI_Group_free(&front);
  MPI_Group_free(&world);
  MPI_Comm_idup(parity, &twin, &request);
  MPI_Wait(&request, MPI_STATUS_IGNORE);
  MPI_Comm_compare(parity, twin, &sum);
  CHECK(sum == MPI_CONGRUENT);
  MPI_Comm_free(&twin);
  MPI_Comm_free(&parity);
}

/* A communicator freed with traffic under way lives until the traffic ends. */
static void freed_early(void) {
  MPI_Comm comm;
  MPI_Request requests[2];
  int out = check_rank() + 1, in = 0, size = check_size(), from = (check_rank() + size - 1) % size;
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  MPI_Irecv(&in, 1, MPI_INT, from, 4, comm, &requests[0]);
  MPI_Isend(&out, 1, MPI_INT, (check_rank() + 1) % size, 4, comm, &requests[1]);
  MPI_Comm_free(&comm);
  MPI_Waitall(2, requests, MPI_STATUSES_IGNORE);
  CHECK(in == from + 1);
}

static void names(void) {
  char name[MPI_MAX_OBJECT_NAME];
  int length;
  MPI_Comm comm, copy;
  MPI_Comm_get_name(MPI_COMM_WORLD, name, &length);
  CHECK(strcmp(name, "MPI_COMM_WORLD") == 0);
  MPI_Comm_get_name(MPI_COMM_SELF, name, &length);
  CHECK(strcmp(name, "MPI_COMM_SELF") == 0);
  MPI_Comm_dup(MPI_COMM_SELF, &comm);
  MPI_Comm_set_name(comm, "the blue one");
  MPI_Comm_get_name(comm, name, &length);
  CHECK(strcmp(name, "the blue one") == 0 && length == 12);
  MPI_Comm_dup(comm, &copy); /* names are not copied, MPI-3.1 section 6.8 */
  MPI_Comm_get_name(copy, name, &length);
  CHECK(strcmp(name, "the blue one") != 0);
  MPI_Comm_free(&copy);
  MPI_Comm_free(&comm);
}

/* Thousands of short-lived communicators and types: nothing may run out. */
static void churn(void) {
  for (int i = 0; i < 300; i++) {
    MPI_Comm comm;
    MPI_Comm_dup(MPI_COMM_SELF, &comm);
    MPI_Comm_free(&comm);
  }
  for (int i = 0; i < 20000; i++) {
    MPI_Datatype type;
    MPI_Type_contiguous(3, MPI_INT, &type);
    MPI_Type_free(&type);
  }
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  groups();
  comparing();
  splitting();
  freed_early();
  names();
  churn();
  return check_finish("communicators");
}
