/* What a checkpoint refuses by name: one rank has it, all are told, and the job goes on. */
#include "state.h"

enum { FAR = 3000000000 }; /* elements */
static mana_h object, comm;

static void begin_window(void) {
  OK(PX(Win_create)(STATE->buffer, 64, 1, MANA_INFO_NULL, MANA_COMM_WORLD, &object));
}
static void end_window(void) {
  OK(PX(Win_free)(&object));
}

static void begin_generalized(void) {
  if (STATE->rank == 1) OK(PX(Grequest_start)(NULL, NULL, NULL, NULL, &object));
}
static void end_generalized(void) {
  if (STATE->rank != 1) return;
  OK(PX(Grequest_complete)(object));
  OK(PX(Wait)(&object, NULL));
}

static void begin_idle(void) {
  comm = fresh(MANA_KIND_COMM);
  OK(PX(Comm_dup)(MANA_COMM_WORLD, &comm));
  if (STATE->rank == 1) OK(PX(Send_init)(STATE->buffer, 1, MANA_INT, 0, 0, comm, &object));
  OK(PX(Comm_free)(&comm));
}
static void end_idle(void) {
  if (STATE->rank == 1) OK(PX(Request_free)(&object));
}

static void begin_large(void) {
  if (STATE->rank == 1) OK(PX(Irecv_c)(STATE->buffer, FAR, MANA_BYTE, 0, 0, MANA_COMM_WORLD, &object));
}
static void end_large(void) {
  if (STATE->rank != 1) return;
  OK(PX(Cancel)(&object));
  OK(PX(Wait)(&object, NULL));
}

static const struct refused {
  const char *name;
  enum mana_kind kind;
  void (*begin)(void), (*end)(void);
} all[] = {
    {"window", MANA_KIND_WIN, begin_window, end_window},
    {"generalized", MANA_KIND_REQUEST, begin_generalized, end_generalized},
    {"idle", MANA_KIND_REQUEST, begin_idle, end_idle},
    {"large", MANA_KIND_REQUEST, begin_large, end_large},
};

static const struct refused *find(const char *what) {
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
    if (strcmp(all[i].name, what) == 0) return &all[i];
  }
  return NULL;
}

int is_refused(const char *what) {
  return find(what) != NULL;
}

void be_refused(const struct proxy_checkpoint *checkpoint, const char *what) {
  struct save_stream stream = {0};
  char why[PROXY_WHY_SIZE];
  const struct refused *r = find(what);
  object = fresh(r->kind);
  r->begin();
  CHECK(checkpoint->save(&attempt, &stream, why) == -1);
  if (STATE->rank == 0) printf("%s\n", why);
  save_free(&stream);
  r->end();
  CHECK(checkpoint->save(&attempt, &stream, why) == 0);
  save_free(&stream);
}
