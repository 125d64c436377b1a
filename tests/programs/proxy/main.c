/* proxy PROXY resume|leave|again|restore FOLDER: prepares, parks, drains and saves; then goes on, or ends; or restores in a new process, perhaps
 * another MPI's that takes fewer tags, and saves and ends at once (again), or goes on. In their place: what is_refused knows; canceled; beside; elsewhere; or
 * level, a restart where less is granted. Prints what the user is told, and "fine" from rank 0 at the end. */
#include <dlfcn.h>
#include <sys/mman.h>

#include "state.h"

static const struct proxy_checkpoint *checkpoint;
static __thread struct upper_tls upper_tls __attribute__((tls_model("initial-exec")));

static void map(uint64_t address, size_t size) {
  void *p =
      mmap((void *)address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  if (p != (void *)address) exit(3);
}

/* Stands in for the function of core/op.c: the user's reduction, larger by its rank's parity. */
static void reduction(uint32_t number, void *in, void *inout, int64_t count, uint32_t datatype) {
  const int32_t *a = in;
  int32_t *b = inout;
  CHECK(number == 7 && datatype == MANA_INT);
  for (int64_t i = 0; i < count; i++) b[i] = b[i] + a[i] + 1;
}

/* Stands in for core/grequest.c. */
static int quiet_query(void *state, mana_status *status) {
  (void)state;
  status->source = status->tag = 0;
  return 0;
}
static int quiet_free(void *state) {
  (void)state;
  return 0;
}

/* Stands in for lower/services.c. */
static void tell_user(const char *text) {
  printf("%s\n", text);
}

static void load(const char *file) {
  map(TABLE_ADDR, 0x10000);
  map(MPI_TABLE_ADDR, sizeof(struct mpi_table));
  map((uint64_t)(uintptr_t)STATE, sizeof *STATE);
  SPLIT->magic = SPLIT_MAGIC | SPLIT_ABI_VERSION;
  SPLIT->have_fsgsbase = 0;
  SPLIT->lower_upper_fs_off = 0; /* the upper FS is this thread's own */
  SPLIT->upper_tls_offset = (int64_t)((char *)&upper_tls - (char *)__builtin_thread_pointer());
  SPLIT->upcall[UPCALL_OP] = (void *)reduction;
  SPLIT->upcall[UPCALL_GREQUEST_QUERY] = (void *)quiet_query;
  SPLIT->upcall[UPCALL_GREQUEST_FREE] = (void *)quiet_free;
  SPLIT->service[SVC_REPORT] = (void *)tell_user;
  void *proxy = dlopen(file, RTLD_NOW | RTLD_GLOBAL);
  if (!proxy) fprintf(stderr, "%s\n", dlerror()), exit(3);
  int (*fill)(struct split_table *, struct mpi_table *) =
      (int (*)(struct split_table *, struct mpi_table *))dlsym(proxy, "mana_proxy_fill");
  checkpoint = dlsym(proxy, "mana_proxy_checkpoint");
  if (!fill || !checkpoint || fill(SPLIT, MPI_TABLE) || checkpoint->version != PROXY_CHECKPOINT_VERSION) exit(3);
}

static void drain(void) {
  SPLIT->phase = SPLIT_PARK;
  for (;;) {
    struct proxy_counts counts;
    int64_t mine[2], all[2];
    for (int i = 0; i < 10; i++) checkpoint->pump();
    checkpoint->counts(&counts);
    mine[0] = (int64_t)(counts.sent - counts.received);
    mine[1] = (int64_t)counts.collectives;
    OK(PX(Allreduce)(mine, all, 2, MANA_INT64_T, MANA_SUM, MANA_COMM_WORLD));
    CHECK(all[0] >= 0);
    if (all[0] == 0 && all[1] == 0) return;
  }
}

static FILE *image(const char *folder, const char *mode) {
  char name[4096];
  snprintf(name, sizeof name, "%s/rank.%d", folder, STATE->rank);
  FILE *file = fopen(name, mode);
  CHECK(file);
  return file;
}

static void save(const char *folder) {
  struct save_stream stream = {0};
  char why[PROXY_WHY_SIZE];
  if (checkpoint->save(&attempt, &stream, why)) fprintf(stderr, "rank %d: %s\n", STATE->rank, why), exit(1);
  FILE *file = image(folder, "w");
  CHECK(fwrite(STATE, sizeof *STATE, 1, file) == 1);
  CHECK(fwrite(stream.data, stream.length, 1, file) == 1);
  CHECK(fclose(file) == 0);
}

static int where_it_was(char *path, size_t size) {
  (void)path, (void)size;
  return 0;
}

static void restore(const char *folder) {
  struct save_stream stream = {0};
  char why[PROXY_WHY_SIZE];
  stream.data = malloc(1 << 26);
  FILE *file = image(folder, "r");
  CHECK(fread(STATE, sizeof *STATE, 1, file) == 1);
  stream.length = fread(stream.data, 1, 1 << 26, file);
  fclose(file);
  if (checkpoint->restore(&stream, where_it_was, why)) fprintf(stderr, "rank %d: %s\n", STATE->rank, why), exit(1);
}

static void begin_with_less(void) {
  char why[PROXY_WHY_SIZE];
  site.grants_single = 1;
  OK(checkpoint->begin(MANA_THREAD_MULTIPLE, why));
  puts(why);
}

/* The cases that end by themselves; whether `what` is one. */
static int one_case(const char *what) {
  if (is_refused(what)) {
    be_refused(checkpoint, what);
  } else if (strcmp(what, "canceled") == 0) {
    cancel_late(checkpoint);
  } else if (strcmp(what, "beside") == 0) {
    receive_beside_a_pump(checkpoint);
  } else if (strcmp(what, "elsewhere") == 0) {
    pump_where_one_may(checkpoint);
  } else if (strcmp(what, "level") != 0) {
    return 0;
  }
  OK(PX(Finalize)());
  return 1;
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  int provided, rank, size, flag;
  int64_t tag_ub;
  load(argv[1]);
  if (strcmp(argv[2], "level") == 0) {
    begin_with_less();
  } else {
    OK(PX(Init_thread)(NULL, NULL, strcmp(argv[2], "beside") ? MANA_THREAD_SINGLE : MANA_THREAD_MULTIPLE, &provided));
  }
  OK(checkpoint->identity(&rank, &size));
  STATE->rank = rank;
  STATE->size = size;
  STATE->next = (rank + 1) % size;
  STATE->previous = (rank + size - 1) % size;
  if (one_case(argv[2])) return rank == 0 && puts("fine") < 0;
  int leave = strcmp(argv[2], "leave") == 0, again = strcmp(argv[2], "again") == 0;
  if (again || strcmp(argv[2], "restore") == 0) {
    if (again) site.tag_ub = 8388607;
    restore(argv[3]);
    CHECK(STATE->rank == rank && STATE->size == size);
  } else {
    OK(PX(Comm_get_attr)(MANA_COMM_WORLD, MANA_TAG_UB, &tag_ub, &flag));
    CHECK(flag && tag_ub == 268435455); /* the same everywhere */
    make_objects();
    fill_the_network();
    leave_waiting_calls();
  }
  if (strcmp(argv[2], "restore") != 0) {
    drain();
    save(argv[3]);
  }
  if (leave || again) return checkpoint->leave(), rank == 0 && puts("fine") < 0;
  SPLIT->phase = SPLIT_RUN;
  check_objects();
  empty_the_network();
  /* Everything was counted, so the next checkpoint ends too. */
  drain();
  OK(PX(Finalize)());
  return rank == 0 && puts("fine") < 0;
}
