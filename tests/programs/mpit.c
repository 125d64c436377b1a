/* The tools interface: before and after MPI_Init, control variables, performance variables, categories. Which there are
 * is the MPI's own business; that they can be listed and read is checked. */
#include "check.h"

static void control_variables(void) {
  int count, readable = 0;
  CHECK(MPI_T_cvar_get_num(&count) == MPI_SUCCESS);
  for (int i = 0; i < count; i++) {
    char name[256], description[1024];
    int name_length = sizeof name, description_length = sizeof description, verbosity, bind, scope, values = 0;
    MPI_Datatype type;
    MPI_T_enum enumeration;
    if (MPI_T_cvar_get_info(i, name, &name_length, &verbosity, &type, &enumeration, description, &description_length,
                            &bind, &scope) != MPI_SUCCESS)
      continue;
    CHECK(name_length > 1 && name_length <= (int)sizeof name && strlen(name) < sizeof name);
    int index = -1;
    if (MPI_T_cvar_get_index(name, &index) != MPI_SUCCESS) continue; /* Open MPI drops those of components it unloads */
    CHECK(index == i);
    if (bind != MPI_T_BIND_NO_OBJECT || type != MPI_INT || readable == 5)
      continue; /* Open MPI's later ones may be gone */
    MPI_T_cvar_handle handle;
    int value[64];
    if (MPI_T_cvar_handle_alloc(i, NULL, &handle, &values) != MPI_SUCCESS) continue;
    if (values == 1 && MPI_T_cvar_read(handle, value) == MPI_SUCCESS) readable++;
    MPI_T_cvar_handle_free(&handle);
    CHECK(handle == MPI_T_CVAR_HANDLE_NULL);
  }
  CHECK(count == 0 || readable > 0);
}

static void performance_variables(void) {
  int count, listed = 0;
  MPI_T_pvar_session session;
  CHECK(MPI_T_pvar_get_num(&count) == MPI_SUCCESS);
  CHECK(MPI_T_pvar_session_create(&session) == MPI_SUCCESS);
  for (int i = 0; i < count; i++) {
    char name[256];
    int name_length = sizeof name, description_length = 0, verbosity, class, bind, readonly, continuous, atomic;
    MPI_Datatype type;
    MPI_T_enum enumeration;
    listed += MPI_T_pvar_get_info(i, name, &name_length, &verbosity, &class, &type, &enumeration, NULL,
                                  &description_length, &bind, &readonly, &continuous, &atomic) == MPI_SUCCESS;
  }
  CHECK(count == 0 || listed > 0);
  CHECK(MPI_T_pvar_session_free(&session) == MPI_SUCCESS && session == MPI_T_PVAR_SESSION_NULL);
}

static void categories(void) {
  int count, stamp, listed = 0;
  CHECK(MPI_T_category_get_num(&count) == MPI_SUCCESS);
  CHECK(MPI_T_category_changed(&stamp) == MPI_SUCCESS);
  for (int i = 0; i < count; i++) {
    char name[256], description[1024];
    int name_length = sizeof name, description_length = sizeof description, controls, performance, inside;
    if (MPI_T_category_get_info(i, name, &name_length, description, &description_length, &controls, &performance,
                                &inside) != MPI_SUCCESS)
      continue;
    listed++;
    CHECK(controls >= 0 && performance >= 0 && inside >= 0);
  }
  CHECK(count == 0 || listed > 0);
}

/* What fails says so, at any time. */
static void unknown_names(void) {
  int index;
  CHECK(MPI_T_cvar_get_index("no such variable", &index) == MPI_T_ERR_INVALID_NAME);
  CHECK(MPI_T_category_get_index("no such category", &index) == MPI_T_ERR_INVALID_NAME);
}

int main(int argc, char **argv) {
  int provided = -1;
  CHECK(MPI_T_init_thread(MPI_THREAD_SINGLE, &provided) == MPI_SUCCESS && provided >= MPI_THREAD_SINGLE);
  control_variables(); /* MPI itself is not initialized yet */
  unknown_names();
  MPI_Init(&argc, &argv);
  unknown_names();
  control_variables();
  performance_variables();
  categories();
  CHECK(MPI_T_finalize() == MPI_SUCCESS);
  return check_finish("mpit");
}
