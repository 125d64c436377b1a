/* What a datatype tells about itself: envelope, contents, names, matching sizes; and packing, also in external32. */
#include "check.h"

static void envelopes(void) {
  int integers, addresses, types, combiner, ints[8];
  MPI_Aint places[8];
  MPI_Datatype vector, structure, parts[2] = {MPI_INT, MPI_DOUBLE}, inside[8];
  MPI_Type_get_envelope(MPI_INT, &integers, &addresses, &types, &combiner);
  CHECK(combiner == MPI_COMBINER_NAMED && integers == 0 && addresses == 0 && types == 0);

  MPI_Type_vector(3, 2, 5, MPI_FLOAT, &vector);
  MPI_Type_get_envelope(vector, &integers, &addresses, &types, &combiner);
  CHECK(combiner == MPI_COMBINER_VECTOR && integers == 3 && addresses == 0 && types == 1);
  MPI_Type_get_contents(vector, integers, addresses, types, ints, places, inside);
  CHECK(ints[0] == 3 && ints[1] == 2 && ints[2] == 5 && inside[0] == MPI_FLOAT);

  int lengths[2] = {2, 1};
  MPI_Aint offsets[2] = {0, 64};
  parts[1] = vector;
  MPI_Type_create_struct(2, lengths, offsets, parts, &structure);
  MPI_Type_free(&vector); /* the structure keeps it */
  MPI_Type_get_envelope(structure, &integers, &addresses, &types, &combiner);
  CHECK(combiner == MPI_COMBINER_STRUCT && integers == 3 && addresses == 2 && types == 2);
  MPI_Type_get_contents(structure, integers, addresses, types, ints, places, inside);
  CHECK(ints[0] == 2 && ints[1] == 2 && ints[2] == 1 && places[1] == 64 && inside[0] == MPI_INT);
  MPI_Type_get_envelope(inside[1], &integers, &addresses, &types, &combiner);
  CHECK(combiner == MPI_COMBINER_VECTOR);
  MPI_Type_free(&inside[1]); /* derived types out of get_contents belong to the caller */
  MPI_Type_free(&structure);

  int sizes[2] = {4, 6}, part[2] = {2, 3}, start[2] = {1, 2};
  MPI_Datatype subarray;
  MPI_Type_create_subarray(2, sizes, part, start, MPI_ORDER_FORTRAN, MPI_SHORT, &subarray);
  MPI_Type_get_envelope(subarray, &integers, &addresses, &types, &combiner);
  CHECK(combiner == MPI_COMBINER_SUBARRAY && integers == 8);
  MPI_Type_get_contents(subarray, integers, addresses, types, ints, places, inside);
  CHECK(ints[0] == 2 && ints[2] == 6 && ints[3] == 2 && ints[7] == MPI_ORDER_FORTRAN && inside[0] == MPI_SHORT);
  MPI_Type_free(&subarray);
}

static void names(void) {
  char name[MPI_MAX_OBJECT_NAME];
  int length;
  MPI_Datatype pair, matched;
  MPI_Type_get_name(MPI_DOUBLE, name, &length);
  CHECK(strcmp(name, "MPI_DOUBLE") == 0 && length == 10);
  MPI_Type_contiguous(2, MPI_INT, &pair);
  MPI_Type_get_name(pair, name, &length);
  CHECK(length == 0 && name[0] == 0);
  MPI_Type_set_name(pair, "pair of ints");
  MPI_Type_get_name(pair, name, &length);
  CHECK(strcmp(name, "pair of ints") == 0);
  MPI_Type_free(&pair);
  int size;
  MPI_Type_match_size(MPI_TYPECLASS_REAL, 8, &matched);
  MPI_Type_size(matched, &size);
  CHECK(size == 8);
  MPI_Type_match_size(MPI_TYPECLASS_INTEGER, 4, &matched);
  MPI_Type_size(matched, &size);
  CHECK(size == 4);
}

/* The longest that this MPI takes: the site's may be shorter. Also of what is predefined. */
static void long_names(void) {
  char name[MPI_MAX_OBJECT_NAME], got[MPI_MAX_OBJECT_NAME];
  MPI_Datatype pair;
  MPI_Comm comm;
  int length;
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = 0;
  MPI_Comm_dup(MPI_COMM_SELF, &comm);
  MPI_Comm_set_name(comm, name);
  MPI_Comm_get_name(comm, got, &length);
  CHECK(strcmp(got, name) == 0 && length == (int)sizeof name - 1);
  MPI_Comm_set_name(comm, "short");
  MPI_Comm_get_name(comm, got, &length);
  CHECK(strcmp(got, "short") == 0 && length == 5);
  MPI_Comm_free(&comm);
  MPI_Type_contiguous(2, MPI_INT, &pair);
  MPI_Type_set_name(pair, name);
  MPI_Type_get_name(pair, got, &length);
  CHECK(strcmp(got, name) == 0 && length == (int)sizeof name - 1);
  MPI_Type_free(&pair);
  MPI_Type_set_name(MPI_SHORT, "a cell");
  MPI_Type_get_name(MPI_SHORT, got, &length);
  CHECK(strcmp(got, "a cell") == 0 && length == 6);
}

/* One type for one precision and range, however often it is asked for; it cannot be freed. */
static void by_precision(void) {
  MPI_Datatype types[2];
  for (int i = 0; i < 2; i++) MPI_Type_create_f90_real(15, 307, &types[i]);
  CHECK(types[0] == types[1]);
  for (int i = 0; i < 2; i++) MPI_Type_create_f90_complex(6, 37, &types[i]);
  CHECK(types[0] == types[1]);
  for (int i = 0; i < 2; i++) MPI_Type_create_f90_integer(9, &types[i]);
  CHECK(types[0] == types[1]);
}

static void packing(void) {
  char buffer[512];
  int position = 0, bound, integers[5] = {1, 2, 3, 4, 5}, back[5] = {0}, from = 0;
  double real = -0.125, real_back = 0;
  MPI_Datatype every_other;
  MPI_Type_vector(3, 1, 2, MPI_INT, &every_other);
  MPI_Type_commit(&every_other);
  MPI_Pack_size(1, every_other, MPI_COMM_WORLD, &bound);
  CHECK(bound >= 12);
  MPI_Pack(integers, 1, every_other, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
  MPI_Pack(&real, 1, MPI_DOUBLE, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
  int size = check_size(), rank = check_rank(), received;
  char arrived[512];
  MPI_Status status;
  MPI_Sendrecv(buffer, position, MPI_PACKED, (rank + 1) % size, 4, arrived, sizeof arrived, MPI_PACKED,
               (rank + size - 1) % size, 4, MPI_COMM_WORLD, &status);
  MPI_Get_count(&status, MPI_PACKED, &received);
  CHECK(received == position);
  MPI_Unpack(arrived, received, &from, back, 3, MPI_INT, MPI_COMM_WORLD);
  MPI_Unpack(arrived, received, &from, &real_back, 1, MPI_DOUBLE, MPI_COMM_WORLD);
  CHECK(back[0] == 1 && back[1] == 3 && back[2] == 5 && real_back == real && from == position);
  MPI_Type_free(&every_other);
}

/* external32 is big-endian: the bytes are the same everywhere. */
static void external(void) {
  unsigned char buffer[64];
  MPI_Aint position = 0, size;
  int values[2] = {0x01020304, -2}, back[2];
  MPI_Pack_external_size("external32", 2, MPI_INT, &size);
  CHECK(size == 8);
  MPI_Pack_external("external32", values, 2, MPI_INT, buffer, sizeof buffer, &position);
  CHECK(position == 8 && buffer[0] == 1 && buffer[3] == 4 && buffer[7] == 0xfe);
  position = 0;
  MPI_Unpack_external("external32", buffer, 8, &position, back, 2, MPI_INT);
  CHECK(back[0] == values[0] && back[1] == -2);
}

#if MPI_VERSION >= 4
/* One after the other: the position goes in and comes out. */
static void large_packing(void) {
  char buffer[64];
  MPI_Count position = 0;
  int one = 1, two = 2, first = 0, second = 0;
  MPI_Pack_c(&one, 1, MPI_INT, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
  MPI_Pack_c(&two, 1, MPI_INT, buffer, sizeof buffer, &position, MPI_COMM_WORLD);
  CHECK(position == 8);
  position = 0;
  MPI_Unpack_c(buffer, 8, &position, &first, 1, MPI_INT, MPI_COMM_WORLD);
  MPI_Unpack_c(buffer, 8, &position, &second, 1, MPI_INT, MPI_COMM_WORLD);
  CHECK(first == 1 && second == 2 && position == 8);

  position = first = second = 0;
  MPI_Pack_external_c("external32", &one, 1, MPI_INT, buffer, sizeof buffer, &position);
  MPI_Pack_external_c("external32", &two, 1, MPI_INT, buffer, sizeof buffer, &position);
  CHECK(position == 8 && buffer[3] == 1 && buffer[7] == 2);
  position = 0;
  MPI_Unpack_external_c("external32", buffer, 8, &position, &first, 1, MPI_INT);
  MPI_Unpack_external_c("external32", buffer, 8, &position, &second, 1, MPI_INT);
  CHECK(first == 1 && second == 2 && position == 8);
}
#endif

static void addresses(void) {
  int values[4];
  MPI_Aint first, last;
  MPI_Get_address(&values[0], &first);
  MPI_Get_address(&values[3], &last);
  CHECK(MPI_Aint_diff(last, first) == 12 && MPI_Aint_add(first, 12) == last);
  /* absolute addresses with MPI_BOTTOM */
  int a = 17, b = 23, got[2] = {0, 0}, ones[2] = {1, 1};
  MPI_Aint where[2];
  MPI_Datatype scattered;
  MPI_Get_address(&a, &where[0]);
  MPI_Get_address(&b, &where[1]);
  MPI_Type_create_hindexed(2, ones, where, MPI_INT, &scattered);
  MPI_Type_commit(&scattered);
  MPI_Sendrecv(MPI_BOTTOM, 1, scattered, 0, 0, got, 2, MPI_INT, 0, 0, MPI_COMM_SELF, MPI_STATUS_IGNORE);
  CHECK(got[0] == 17 && got[1] == 23);
  MPI_Type_free(&scattered);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  envelopes();
  names();
  long_names();
  by_precision();
  packing();
  external();
#if MPI_VERSION >= 4
  large_packing();
#endif
  addresses();
  return check_finish("typeinfo");
}
