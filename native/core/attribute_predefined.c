/* Predefined attributes (MPI-4.1 sections 9.1.2 and 12.2.6): asked of the site once, in canonical values, then kept in the
 * application's. C gets a pointer to the value, but the base of a window itself; Fortran gets the value. */
#include "abi.h"
#include "attribute.h"
#include "core_auto.h"
#include "error.h"

int core_attribute_is_predefined(int keyval) {
  return keyval >= MANA_TAG_UB && keyval <= MANA_WIN_MODEL;
}

/* --- communicators: the same on each ------------------------------------------------------------------------------------------ */
enum { FACTS = MANA_LASTUSEDCODE - MANA_TAG_UB + 1 };
static struct {
  int asked, present;
  int value; /* the application's */
} facts[FACTS];

/* MPI_HOST and MPI_IO are ranks, MPI_PROC_NULL or MPI_ANY_SOURCE. */
static int translated(int keyval, int value) {
  return keyval == MANA_HOST || keyval == MANA_IO ? abi_rank_out(value) : value;
}

static int comm_fact(mana_h comm, int keyval, intptr_t *address, int *flag) {
  int i = keyval - MANA_TAG_UB;
  if (keyval == MANA_LASTUSEDCODE) {
    facts[i].value = abi_error_code_out(core_error_last_used());
    facts[i].present = 1;
  } else if (!facts[i].asked) {
    int64_t value = 0;
    int rc;
    MANA_CROSS(rc, MPI_BELOW(Comm_get_attr)(comm, keyval, &value, flag));
    if (rc) return rc;
    facts[i].value = translated(keyval, (int)value);
    facts[i].present = *flag;
    facts[i].asked = 1;
  }
  *flag = facts[i].present;
  *address = (intptr_t)&facts[i].value;
  return MANA_SUCCESS;
}

/* --- windows: a property of each ------------------------------------------------------------------------------------------------- */
static int win_ask(mana_h win, int keyval, int64_t *value, int *flag) {
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Win_get_attr)(win, keyval, value, flag));
  return rc;
}

/* All five at once: they never change, and are there for every flavour. */
static int win_learn(mana_h win, struct core_object *o) {
  int64_t base = 0, size = 0, unit = 0, flavor = 0, model = 0;
  int flag, rc = win_ask(win, MANA_WIN_BASE, &base, &flag);
  if (rc == MANA_SUCCESS) rc = win_ask(win, MANA_WIN_SIZE, &size, &flag);
  if (rc == MANA_SUCCESS) rc = win_ask(win, MANA_WIN_DISP_UNIT, &unit, &flag);
  if (rc == MANA_SUCCESS) rc = win_ask(win, MANA_WIN_CREATE_FLAVOR, &flavor, &flag);
  if (rc == MANA_SUCCESS) rc = win_ask(win, MANA_WIN_MODEL, &model, &flag);
  if (rc) return rc;
  o->win.base = (void *)(intptr_t)base;
  o->win.size = size;
  o->win.disp_unit = (int)unit;
  o->win.model = abi_win_model_out((int)model);
  o->win.flavor = abi_win_flavor_out((int)flavor); /* last: not 0 means that all are known */
  return MANA_SUCCESS;
}

static int win_fact(mana_h win, int keyval, intptr_t *address, int *flag) {
  struct core_object *o = core_object(MANA_KIND_WIN, win);
  int rc = o->win.flavor ? MANA_SUCCESS : win_learn(win, o);
  if (rc) return rc;
  *flag = 1;
  switch (keyval) {
    case MANA_WIN_BASE: *address = (intptr_t)&o->win.base; break;
    case MANA_WIN_SIZE: *address = (intptr_t)&o->win.size; break;
    case MANA_WIN_DISP_UNIT: *address = (intptr_t)&o->win.disp_unit; break;
    case MANA_WIN_CREATE_FLAVOR: *address = (intptr_t)&o->win.flavor; break;
    default: *address = (intptr_t)&o->win.model; break;
  }
  return MANA_SUCCESS;
}

int core_attribute_get_predefined(enum mana_kind kind, mana_h h, int keyval, enum core_convention language,
                                  intptr_t *value, int *flag) {
  int of_window = keyval >= MANA_WIN_BASE;
  if (kind != (of_window ? MANA_KIND_WIN : MANA_KIND_COMM)) return MANA_ERR_KEYVAL;
  intptr_t address = 0;
  int rc = of_window ? win_fact(h, keyval, &address, flag) : comm_fact(h, keyval, &address, flag);
  if (rc || !*flag) return rc;
  int wide = keyval == MANA_WIN_BASE || keyval == MANA_WIN_SIZE;
  if (language == CORE_C) {
    *value = keyval == MANA_WIN_BASE ? *(intptr_t *)address : address;
  } else {
    *value = wide ? *(intptr_t *)address : *(int *)address;
  }
  return MANA_SUCCESS;
}
