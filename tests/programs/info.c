/* Info objects, library and processor identity, version, time, MPI_INFO_ENV. */
#include <ctype.h>

#include "check.h"

static void objects(void) {
  MPI_Info info, copy;
  char value[MPI_MAX_INFO_VAL], key[MPI_MAX_INFO_KEY + 1];
  int count, flag, length;
  MPI_Info_create(&info);
  MPI_Info_set(info, "colour", "blue");
  MPI_Info_set(info, "size", "12");
  MPI_Info_set(info, "colour", "green");
  MPI_Info_get_nkeys(info, &count);
  CHECK(count == 2);
  MPI_Info_get(info, "colour", sizeof value - 1, value, &flag);
  CHECK(flag && strcmp(value, "green") == 0);
  MPI_Info_get_valuelen(info, "size", &length, &flag);
  CHECK(flag && length == 2);
  MPI_Info_get(info, "weight", sizeof value - 1, value, &flag);
  CHECK(!flag);
  MPI_Info_get_nthkey(info, 0, key);
  CHECK(strcmp(key, "colour") == 0);
  MPI_Info_dup(info, &copy);
  MPI_Info_delete(info, "colour");
  MPI_Info_get_nkeys(info, &count);
  CHECK(count == 1);
  MPI_Info_get(copy, "colour", sizeof value - 1, value, &flag);
  CHECK(flag && strcmp(value, "green") == 0);
  MPI_Info_free(&info);
  MPI_Info_free(&copy);
  CHECK(info == MPI_INFO_NULL);
}

/* The longest that this MPI takes, and what it takes for a value of no length. */
static void limits(void) {
  static char key[MPI_MAX_INFO_KEY + 1], got_key[MPI_MAX_INFO_KEY + 1], value[MPI_MAX_INFO_VAL + 1],
      got[MPI_MAX_INFO_VAL + 1];
  MPI_Info info, copy;
  int count, flag, length, seen = 0;
  memset(key, 'k', MPI_MAX_INFO_KEY - 1);
  memset(value, 'v', MPI_MAX_INFO_VAL - 1);
  MPI_Info_create(&info);
  MPI_Info_set(info, "short", "1");
  MPI_Info_get(info, key, MPI_MAX_INFO_VAL, got, &flag);
  CHECK(!flag);
  MPI_Info_set(info, key, "old");
  MPI_Info_set(info, key, value);
  MPI_Info_set(info, "long", "2");
  MPI_Info_set(info, "long", value);
  MPI_Info_get_nkeys(info, &count);
  CHECK(count == 3);
  for (int i = 0; i < count; i++) {
    MPI_Info_get_nthkey(info, i, got_key);
    seen += strcmp(got_key, key) == 0 || strcmp(got_key, "short") == 0 || strcmp(got_key, "long") == 0;
  }
  CHECK(seen == 3);
  MPI_Info_dup(info, &copy);
  MPI_Info_delete(info, key);
  MPI_Info_set(info, "long", "3");
  MPI_Info_get_nkeys(info, &count);
  MPI_Info_get(info, "long", MPI_MAX_INFO_VAL, got, &flag);
  CHECK(count == 2 && flag && strcmp(got, "3") == 0);
  MPI_Info_get_valuelen(copy, key, &length, &flag);
  CHECK(flag && length == MPI_MAX_INFO_VAL - 1);
  MPI_Info_get(copy, key, MPI_MAX_INFO_VAL, got, &flag);
  CHECK(flag && strcmp(got, value) == 0);
#if defined MPICH
  MPI_Info_set(copy, "empty", "");
  MPI_Info_get(copy, "empty", MPI_MAX_INFO_VAL, got, &flag);
  CHECK(flag && !got[0]);
#endif
  MPI_Info_free(&info);
  MPI_Info_free(&copy);
}

#if MPI_VERSION >= 4
/* As much as there is room for, and how much would be needed. */
static void as_string(void) {
  MPI_Info info;
  char value[8];
  int room = sizeof value, flag;
  MPI_Info_create(&info);
  MPI_Info_set(info, "colour", "green");
  MPI_Info_get_string(info, "colour", &room, value, &flag);
  CHECK(flag && room == 6 && strcmp(value, "green") == 0);
  room = 3;
  MPI_Info_get_string(info, "colour", &room, value, &flag);
  CHECK(flag && room == 6 && strcmp(value, "gr") == 0);
  room = 0;
  MPI_Info_get_string(info, "colour", &room, value, &flag);
  CHECK(flag && room == 6);
  MPI_Info_get_string(info, "weight", &room, value, &flag);
  CHECK(!flag);
  MPI_Info_free(&info);
}
#endif

static void identity(void) {
  char name[MPI_MAX_PROCESSOR_NAME], library[MPI_MAX_LIBRARY_VERSION_STRING];
  int length, version, subversion, count;
  MPI_Get_processor_name(name, &length);
  CHECK(length > 0 && length == (int)strlen(name));
  MPI_Get_version(&version, &subversion);
  CHECK(version >= 3 && subversion >= 0);
  MPI_Get_library_version(library, &length);
  CHECK(length > 0 && isprint((unsigned char)library[0]));
  MPI_Info_get_nkeys(MPI_INFO_ENV, &count);
  CHECK(count >= 0);
}

/* Where this MPI tells it at all. */
static void environment(int argc, char **argv) {
  char value[256];
  const char *slash = strrchr(argv[0], '/');
  int flag;
  MPI_Info_get(MPI_INFO_ENV, "command", sizeof value - 1, value, &flag);
  CHECK(!flag || strcmp(value, slash ? slash + 1 : argv[0]) == 0);
  MPI_Info_get(MPI_INFO_ENV, "argv", sizeof value - 1, value, &flag);
  CHECK(!flag || strcmp(value, argc > 1 ? argv[1] : "") == 0);
}

static void time_passes(void) {
  double before = MPI_Wtime(), tick = MPI_Wtick();
  CHECK(tick > 0 && tick < 0.1);
  while (MPI_Wtime() - before < 0.01) continue;
  CHECK(MPI_Wtime() - before < 60);
}

static void on_communicator(void) {
  MPI_Comm comm;
  MPI_Info info, got;
  MPI_Info_create(&info);
  MPI_Info_set(info, "mana_example", "yes");
  MPI_Comm_dup_with_info(MPI_COMM_WORLD, info, &comm);
  MPI_Comm_get_info(comm, &got);
  CHECK(got != MPI_INFO_NULL);
  MPI_Info_free(&got);
  MPI_Comm_set_info(comm, info);
  MPI_Info_free(&info);
  MPI_Comm_free(&comm);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  objects();
  limits();
#if MPI_VERSION >= 4
  as_string();
#endif
  identity();
  environment(argc, argv);
  time_passes();
  on_communicator();
  MPI_Pcontrol(1);
  return check_finish("info");
}
