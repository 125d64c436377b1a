/* Attributes on communicators, datatypes and windows: predefined ones, copy and delete callbacks, dup, order. */
#include "check.h"

static int copies, deletes;
static char order[64];

static int copy_doubled(MPI_Comm comm, int keyval, void *extra, void *in, void *out, int *flag) {
  (void)comm, (void)keyval;
  copies++;
  CHECK(extra == &copies);
  *(void **)out = (void *)(2 * (intptr_t)in);
  *flag = 1;
  return MPI_SUCCESS;
}
static int copy_refuses(MPI_Comm comm, int keyval, void *extra, void *in, void *out, int *flag) {
  (void)comm, (void)keyval, (void)extra, (void)in, (void)out;
  copies++;
  *flag = 0;
  return MPI_SUCCESS;
}
static int note_delete(MPI_Comm comm, int keyval, void *value, void *extra) {
  (void)comm, (void)keyval, (void)extra;
  deletes++;
  size_t used = strlen(order);
  snprintf(order + used, sizeof order - used, "%d,", (int)(intptr_t)value);
  return MPI_SUCCESS;
}
static int refuse_delete(MPI_Comm comm, int keyval, void *value, void *extra) {
  (void)comm, (void)keyval, (void)value;
  return *(int *)extra ? MPI_ERR_OTHER : MPI_SUCCESS;
}

static void predefined(void) {
  int flag, *tag_ub, *universe, *last_code;
  MPI_Comm half; /* asked first, and it may have none: that says nothing of MPI_COMM_WORLD */
  MPI_Comm_split(MPI_COMM_WORLD, check_rank() % 2, 0, &half);
  MPI_Comm_get_attr(half, MPI_TAG_UB, &tag_ub, &flag);
  MPI_Comm_free(&half);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_TAG_UB, &tag_ub, &flag);
  CHECK(flag && *tag_ub >= 32767);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_UNIVERSE_SIZE, &universe, &flag);
  if (flag) CHECK(*universe >= 1);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_LASTUSEDCODE, &last_code, &flag);
  CHECK(flag && *last_code >= MPI_ERR_LASTCODE);
  void *ignored;
  int *global;
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_WTIME_IS_GLOBAL, &global, &flag);
  if (flag) CHECK(*global == 0 || *global == 1);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_IO, &ignored, &flag);
  MPI_Comm_get_attr(MPI_COMM_WORLD, MPI_HOST, &ignored, &flag);
}

static void on_communicators(void) {
  int doubled, refused, dup, null, flag;
  intptr_t value;
  MPI_Comm first, second;
  MPI_Comm_create_keyval(copy_doubled, note_delete, &doubled, &copies);
  MPI_Comm_create_keyval(copy_refuses, note_delete, &refused, NULL);
  MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &dup, NULL);
  MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, note_delete, &null, NULL);
  MPI_Comm_dup(MPI_COMM_SELF, &first);
  MPI_Comm_get_attr(first, doubled, &value, &flag);
  CHECK(!flag);
  MPI_Comm_set_attr(first, doubled, (void *)21);
  MPI_Comm_set_attr(first, refused, (void *)5);
  MPI_Comm_set_attr(first, dup, (void *)6);
  MPI_Comm_set_attr(first, null, (void *)7);
  MPI_Comm_dup(first, &second);
  CHECK(copies == 2);
  MPI_Comm_get_attr(second, doubled, &value, &flag);
  CHECK(flag && value == 42);
  MPI_Comm_get_attr(second, refused, &value, &flag);
  CHECK(!flag);
  MPI_Comm_get_attr(second, dup, &value, &flag);
  CHECK(flag && value == 6);
  MPI_Comm_get_attr(second, null, &value, &flag);
  CHECK(!flag);
  MPI_Comm_set_attr(second, doubled, (void *)43); /* a value set anew deletes the old one */
  CHECK(deletes == 1 && strcmp(order, "42,") == 0);
  MPI_Comm_delete_attr(second, doubled);
  CHECK(deletes == 2 && strcmp(order, "42,43,") == 0);
  MPI_Comm_get_attr(second, doubled, &value, &flag);
  CHECK(!flag);

  /* Freed while attributes still use it: the callbacks stay, MPI-3.1 section 6.7.2. */
  MPI_Comm_free_keyval(&null);
  CHECK(null == MPI_KEYVAL_INVALID);
  deletes = 0;
  MPI_Comm_free(&first);
  CHECK(deletes == 3);
  MPI_Comm_free(&second);
  MPI_Comm_free_keyval(&doubled);
  MPI_Comm_free_keyval(&refused);
  MPI_Comm_free_keyval(&dup);
}

/* A delete callback that fails makes the call fail, and the attribute stays. */
static void refused_delete(void) {
  int keyval, refuses = 1;
  MPI_Comm comm;
  MPI_Comm_dup(MPI_COMM_SELF, &comm);
  MPI_Comm_set_errhandler(comm, MPI_ERRORS_RETURN);
  MPI_Comm_create_keyval(MPI_COMM_NULL_COPY_FN, refuse_delete, &keyval, &refuses);
  MPI_Comm_set_attr(comm, keyval, NULL);
  CHECK(MPI_Comm_delete_attr(comm, keyval) != MPI_SUCCESS);
  int flag;
  void *value;
  MPI_Comm_get_attr(comm, keyval, &value, &flag);
  CHECK(flag);
  refuses = 0;
  CHECK(MPI_Comm_free(&comm) == MPI_SUCCESS && comm == MPI_COMM_NULL);
  MPI_Comm_free_keyval(&keyval);
}

static int type_copy(MPI_Datatype type, int keyval, void *extra, void *in, void *out, int *flag) {
  (void)type, (void)keyval, (void)extra;
  *(void **)out = (void *)((intptr_t)in + 1);
  *flag = 1;
  return MPI_SUCCESS;
}
static int type_delete(MPI_Datatype type, int keyval, void *value, void *extra) {
  (void)type, (void)keyval, (void)value;
  ++*(int *)extra;
  return MPI_SUCCESS;
}
static void on_types(void) {
  int keyval, flag, gone = 0;
  intptr_t value;
  MPI_Datatype pair, copy;
  MPI_Type_create_keyval(type_copy, type_delete, &keyval, &gone);
  MPI_Type_contiguous(2, MPI_INT, &pair);
  MPI_Type_set_attr(pair, keyval, (void *)100);
  MPI_Type_dup(pair, &copy);
  MPI_Type_get_attr(copy, keyval, &value, &flag);
  CHECK(flag && value == 101);
  MPI_Type_set_attr(MPI_DOUBLE, keyval, (void *)3);
  MPI_Type_get_attr(MPI_DOUBLE, keyval, &value, &flag);
  CHECK(flag && value == 3);
  MPI_Type_delete_attr(MPI_DOUBLE, keyval);
  MPI_Type_free(&pair);
  MPI_Type_free(&copy);
  CHECK(gone == 3);
  MPI_Type_free_keyval(&keyval);
}

static void on_windows(void) {
  int keyval, flag, *unit, *flavour, *model;
  intptr_t value;
  MPI_Aint *bytes;
  void *base, *memory;
  MPI_Win window;
  MPI_Win_allocate(64, 8, MPI_INFO_NULL, MPI_COMM_WORLD, &memory, &window);
  MPI_Win_get_attr(window, MPI_WIN_BASE, &base, &flag);
  CHECK(flag && base == memory);
  MPI_Win_get_attr(window, MPI_WIN_SIZE, &bytes, &flag);
  CHECK(flag && *bytes == 64);
  MPI_Win_get_attr(window, MPI_WIN_DISP_UNIT, &unit, &flag);
  CHECK(flag && *unit == 8);
  MPI_Win_get_attr(window, MPI_WIN_CREATE_FLAVOR, &flavour, &flag);
  CHECK(flag && *flavour == MPI_WIN_FLAVOR_ALLOCATE);
  MPI_Win_get_attr(window, MPI_WIN_MODEL, &model, &flag);
  CHECK(flag && (*model == MPI_WIN_UNIFIED || *model == MPI_WIN_SEPARATE));
  MPI_Win_create_keyval(MPI_WIN_NULL_COPY_FN, MPI_WIN_NULL_DELETE_FN, &keyval, NULL);
  MPI_Win_set_attr(window, keyval, (void *)77);
  MPI_Win_get_attr(window, keyval, &value, &flag);
  CHECK(flag && value == 77);
  MPI_Win_free_keyval(&keyval);
  MPI_Win_free(&window);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  predefined();
  on_communicators();
  refused_delete();
  on_types();
  on_windows();
  check_record("copies=%d", copies);
  return check_finish("attributes");
}
