/* Error classes and codes that the application adds (MPI-4.1 section 9.5). The site never hears of them. A class is a code whose class
 * is itself; a removed one is used again. */
#include <stdlib.h>
#include <string.h>

#include "core_auto.h"
#include "error.h"
#include "lock.h"

struct added {
  int error_class; /* 0: free */
  char *text;      /* NULL: none was given */
};

static struct {
  struct added *codes;
  int count, capacity; /* count: one past the highest in use */
  int free_hint;       /* none below it is free */
  core_lock_t lock;
} table;

static struct added *find(int code) {
  int i = code - MANA_ERR_USER_BASE;
  return code >= MANA_ERR_USER_BASE && i < table.count && table.codes[i].error_class ? &table.codes[i] : NULL;
}

int core_error_class(int code) {
  if (code < MANA_ERR_USER_BASE) return code >= 0 && code <= MANA_ERR_LASTCODE ? code : -1;
  core_lock(&table.lock);
  const struct added *a = find(code);
  int error_class = a ? a->error_class : -1;
  core_unlock(&table.lock);
  return error_class;
}

int core_error_added_text(int code, char *text) {
  core_lock(&table.lock);
  const struct added *a = find(code);
  int length = a ? 0 : -1;
  if (a && a->text) {
    length = (int)strlen(a->text);
    memcpy(text, a->text, (size_t)length);
  }
  if (a) text[length] = 0;
  core_unlock(&table.lock);
  return length;
}

int core_error_last_used(void) {
  return table.count ? MANA_ERR_USER_BASE + table.count - 1 : MANA_ERR_LASTCODE;
}

/* --- adding ------------------------------------------------------------------------------------------------------------- */
static int grow(void) {
  int capacity = table.capacity ? table.capacity * 2 : 64;
  struct added *codes = realloc(table.codes, (size_t)capacity * sizeof *codes);
  if (!codes) return MANA_ERR_NO_MEM;
  memset(codes + table.capacity, 0, (size_t)(capacity - table.capacity) * sizeof *codes);
  table.codes = codes;
  table.capacity = capacity;
  return MANA_SUCCESS;
}

/* error_class 0: a class of its own. */
static int add(int error_class, int *code) {
  int rc = MANA_SUCCESS;
  core_lock(&table.lock);
  int i = table.free_hint;
  while (i < table.count && table.codes[i].error_class) i++;
  if (i == table.capacity) rc = grow();
  if (rc == MANA_SUCCESS) {
    *code = MANA_ERR_USER_BASE + i;
    table.codes[i] = (struct added){error_class ? error_class : *code, NULL};
    table.free_hint = i + 1;
    if (table.count <= i) table.count = i + 1;
  }
  core_unlock(&table.lock);
  return rc;
}

static int drop(int code) {
  core_lock(&table.lock);
  struct added *a = find(code);
  if (a) {
    free(a->text);
    *a = (struct added){0};
    int i = (int)(a - table.codes);
    if (i < table.free_hint) table.free_hint = i;
    while (table.count && !table.codes[table.count - 1].error_class) table.count--;
  }
  core_unlock(&table.lock);
  return a ? MANA_SUCCESS : MANA_ERR_ARG;
}

static int set_text(int code, const char *string) {
  char *text = string ? strndup(string, MANA_MAX_ERROR_STRING - 1) : NULL;
  if (string && !text) return MANA_ERR_NO_MEM;
  core_lock(&table.lock);
  struct added *a = find(code);
  if (a) {
    char *before = a->text;
    a->text = text;
    text = before;
  }
  core_unlock(&table.lock);
  free(text);
  return a ? MANA_SUCCESS : MANA_ERR_ARG;
}

static int failed(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

int core_Add_error_class(int *errorclass) {
  return failed(add(0, errorclass), "MPI_Add_error_class");
}
int core_Add_error_code(int errorclass, int *errorcode) {
  /* A code's class must be a class: one of MPI's, or an added one. */
  int known = errorclass > 0 && core_error_class(errorclass) == errorclass;
  return failed(known ? add(errorclass, errorcode) : MANA_ERR_ARG, "MPI_Add_error_code");
}
int core_Add_error_string(int errorcode, const char *string) {
  return failed(set_text(errorcode, string), "MPI_Add_error_string");
}
int core_MPIX_Delete_error_class(int errorclass) {
  return failed(drop(errorclass), "MPIX_Delete_error_class");
}
int core_MPIX_Delete_error_code(int errorcode) {
  return failed(drop(errorcode), "MPIX_Delete_error_code");
}
int core_MPIX_Delete_error_string(int errorcode) {
  return failed(set_text(errorcode, NULL), "MPIX_Delete_error_string");
}

/* --- asking -------------------------------------------------------------------------------------------------------------- */
int core_Error_class(int errorcode, int *errorclass) {
  int error_class = core_error_class(errorcode);
  if (error_class < 0) return failed(MANA_ERR_ARG, "MPI_Error_class");
  *errorclass = error_class;
  return MANA_SUCCESS;
}

int core_Error_string(int errorcode, char *string, int *resultlen) {
  if (core_error_class(errorcode) < 0) return failed(MANA_ERR_ARG, "MPI_Error_string");
  *resultlen = core_error_describe(errorcode, string);
  return MANA_SUCCESS;
}
