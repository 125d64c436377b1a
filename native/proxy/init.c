/* The proxy's beginning and end: fills the crossing table when it is loaded, starts the site's MPI when the application calls MPI_Init, and
 * gives back what is the proxy's own before MPI_Finalize. */
#include "proxy.h"
#include "queue.h"
#include "saved.h"
#include "site_values.h"

/* Called by the lower-half program after dlopen. 0, or a negative errno. */
int mana_proxy_fill(struct split_table *split, struct mpi_table *table) __attribute__((visibility("default")));
int mana_proxy_fill(struct split_table *split, struct mpi_table *table) {
  (void)split;
  int rc = px_handles_create();
  if (rc == 0) px_fill(table);
  return rc;
}

MPI_Comm px_world = MPI_COMM_NULL;

/* Not by MPI_Comm_dup, which in Open MPI 4.1 makes nonblocking collectives on the communicator it is given. Those are told apart by tags that
 * count down, and some creation or other meets the tags of MPI_Dist_graph_create's own messages, which are received from any source: then all
 * hang. Which one that is, the program has been lucky with or not; a few collectives of ours before its first would make it another. */
static int make_world(void) {
  MPI_Group everybody;
  int rc = MPI_Comm_group(MPI_COMM_WORLD, &everybody);
  if (rc != MPI_SUCCESS) return rc;
  rc = MPI_Comm_create_group(MPI_COMM_WORLD, everybody, 0, &px_world);
  MPI_Group_free(&everybody);
  return rc;
}

/* The level is the application's own: MPI_THREAD_MULTIPLE for everybody would cost each message its locks.
 * argc and argv stay above: no MPI since MPI-2 may need them. */
int px_Init_thread(int *argc, char ***argv, int required, int *provided) {
  (void)argc;
  (void)argv;
  int level = MPI_THREAD_SINGLE;
  int rc = MPI_Init_thread(NULL, NULL, px_thread_level_in(required), &level);
  if (rc != MPI_SUCCESS) return px_error(rc);
  *provided = px_thread_level_out(level);
  /* Errors come back as codes; the core invokes the application's handlers. */
  MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  MPI_File_set_errhandler(MPI_FILE_NULL, MPI_ERRORS_RETURN);
  /* A spawned process's parent inherits from nobody, and what is made from it inherits that. */
  MPI_Comm parent = MPI_COMM_NULL;
  if (MPI_Comm_get_parent(&parent) == MPI_SUCCESS && parent != MPI_COMM_NULL)
    MPI_Comm_set_errhandler(parent, MPI_ERRORS_RETURN);
  rc = make_world();
  px_queue_begin(); /* now, for later it would be a collective in the middle of the program's */
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}

/* MPICH complains on stderr of what is left over. */
int px_Finalize(void) {
  px_records_drop_datatypes();
  px_queue_end();
  if (px_world != MPI_COMM_NULL) MPI_Comm_free(&px_world);
  int rc = MPI_Finalize();
  return rc == MPI_SUCCESS ? 0 : px_error(rc);
}
