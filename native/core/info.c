/* Infos are the site's, but for keys and values that the application's MPI takes and not every site (Open MPI's are shorter, and never
 * empty): those are here too, whether or not this site holds them, for a restart may be under another. Where it does not, they come behind
 * its own, and no MPI below knows them as hints. */
#include <string.h>

#include "abi.h"
#include "core_auto.h"
#include "info_env.h"
#include "refs.h"

struct core_info_pair {
  struct core_info_pair *next;
  char *value, key[];
};

static struct core_object *known(mana_h info) {
  return mana_is_user(info) ? core_live(MANA_KIND_INFO, info, MANA_INFO_NULL) : NULL;
}

/* Where the pair is, or would be put. */
static struct core_info_pair **find(struct core_object *o, const char *key) {
  struct core_info_pair **at = &o->info.beyond;
  while (*at && strcmp((*at)->key, key)) at = &(*at)->next;
  return at;
}
static int drop(struct core_info_pair **at) {
  struct core_info_pair *pair = *at;
  if (!pair) return 0;
  *at = pair->next;
  free(pair->value);
  free(pair);
  return 1;
}

static int add(struct core_object *o, const char *key, const char *value) {
  struct core_info_pair **at = find(o, key), *pair;
  char *copy = strdup(value);
  drop(at);
  while (*at) at = &(*at)->next;
  pair = copy ? malloc(sizeof *pair + strlen(key) + 1) : NULL;
  if (!pair) return free(copy), MANA_ERR_NO_MEM;
  pair->next = NULL;
  pair->value = copy;
  strcpy(pair->key, key);
  *at = pair;
  return MANA_SUCCESS;
}

static int done(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

/* What every site holds. */
static int is_portable(const char *key, const char *value) {
  enum { KEY = 35, VALUE = 255 };
  return strlen(key) <= KEY && *value && strlen(value) <= VALUE;
}

static int is_below(mana_h info, const char *key) {
  int rc, length, flag = 0;
  MANA_CROSS(rc, MPI_BELOW(Info_get_valuelen)(info, key, &length, &flag));
  return rc == MANA_SUCCESS && flag;
}

/* The value that is told instead of the site's; NULL: there is none here. */
static const char *beyond(mana_h info, const char *key) {
  if (__builtin_expect(info == MANA_INFO_ENV, 0) && key && is_below(info, key)) return core_info_env(key);
  struct core_object *o = known(info);
  const struct core_info_pair *pair = o && o->info.beyond && key ? *find(o, key) : NULL;
  return pair ? pair->value : NULL;
}

/* The site says that the key cannot be one, and the application's MPI says that it can: there is none. */
static int is_too_long_below(int rc, const char *key) {
  return rc == MANA_ERR_INFO_KEY && abi_info_fits(key, "-");
}

int core_Info_set(mana_h info, const char *key, const char *value) {
  struct core_object *o = known(info);
  int rc, ignored = 0;
  MANA_CROSS(rc, MPI_BELOW(Info_set)(info, key, value));
  int refused = rc == MANA_ERR_INFO_KEY || rc == MANA_ERR_INFO_VALUE;
  if (!o || (rc && !refused) || !abi_info_fits(key, value)) return done(rc, "MPI_Info_set");
  if (rc == MANA_ERR_INFO_VALUE) MANA_CROSS(ignored, MPI_BELOW(Info_delete)(info, key)); /* its older value */
  (void)ignored;
  rc = MANA_SUCCESS;
  if (refused || !is_portable(key, value)) {
    rc = add(o, key, value);
  } else if (o->info.beyond) {
    drop(find(o, key));
  }
  return done(rc, "MPI_Info_set");
}

int core_Info_delete(mana_h info, const char *key) {
  struct core_object *o = known(info);
  int rc;
  int dropped = o && o->info.beyond && key && drop(find(o, key));
  if (dropped && !is_below(info, key)) return MANA_SUCCESS;
  MANA_CROSS(rc, MPI_BELOW(Info_delete)(info, key));
  return done(is_too_long_below(rc, key) ? MANA_ERR_INFO_NOKEY : rc, "MPI_Info_delete");
}

/* --- questions --------------------------------------------------------------------------------------------------------- */
int core_Info_get(mana_h info, const char *key, int valuelen, char *value, int *flag) {
  const char *mine = beyond(info, key);
  int rc;
  if (mine && valuelen >= 0) {
    size_t length = strnlen(mine, (size_t)valuelen);
    memcpy(value, mine, length);
    value[length] = 0;
    return *flag = 1, MANA_SUCCESS;
  }
  MANA_CROSS(rc, MPI_BELOW(Info_get)(info, key, valuelen, value, flag));
  if (is_too_long_below(rc, key)) return *flag = 0, MANA_SUCCESS;
  return done(rc, "MPI_Info_get");
}

/* An MPI before MPI-4 has the two calls that this one is made of. */
static int get_string_below(mana_h info, const char *key, int *buflen, char *value, int *flag) {
  int rc, length = 0;
  MANA_CROSS(rc, MPI_BELOW(Info_get_string)(info, key, buflen, value, flag));
  if (rc != MANA_RC_ABSENT) return rc;
  MANA_CROSS(rc, MPI_BELOW(Info_get_valuelen)(info, key, &length, flag));
  if (rc || !*flag) return rc;
  if (*buflen > 0) value[0] = 0;
  if (*buflen > 1) MANA_CROSS(rc, MPI_BELOW(Info_get)(info, key, *buflen - 1, value, flag));
  *buflen = length + 1;
  return rc;
}

/* *buflen has room for the end of the string as well, and so much is needed. */
int core_Info_get_string(mana_h info, const char *key, int *buflen, char *value, int *flag) {
  const char *mine = beyond(info, key);
  if (mine) {
    if (*buflen > 0) {
      size_t length = strnlen(mine, (size_t)*buflen - 1);
      memcpy(value, mine, length);
      value[length] = 0;
    }
    *buflen = (int)strlen(mine) + 1;
    return *flag = 1, MANA_SUCCESS;
  }
  int rc = get_string_below(info, key, buflen, value, flag);
  if (is_too_long_below(rc, key)) return *flag = 0, MANA_SUCCESS;
  return done(rc, "MPI_Info_get_string");
}

int core_Info_get_valuelen(mana_h info, const char *key, int *valuelen, int *flag) {
  const char *mine = beyond(info, key);
  int rc;
  if (mine) return *valuelen = (int)strlen(mine), *flag = 1, MANA_SUCCESS;
  MANA_CROSS(rc, MPI_BELOW(Info_get_valuelen)(info, key, valuelen, flag));
  if (is_too_long_below(rc, key)) return *flag = 0, MANA_SUCCESS;
  return done(rc, "MPI_Info_get_valuelen");
}

int core_Info_get_nkeys(mana_h info, int *nkeys) {
  const struct core_object *o = known(info);
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Info_get_nkeys)(info, nkeys));
  for (const struct core_info_pair *pair = o && !rc ? o->info.beyond : NULL; pair; pair = pair->next)
    *nkeys += !is_below(info, pair->key);
  return done(rc, "MPI_Info_get_nkeys");
}

int core_Info_get_nthkey(mana_h info, int n, char *key) {
  const struct core_object *o = known(info);
  const struct core_info_pair *pair = o ? o->info.beyond : NULL;
  int rc = MANA_SUCCESS, below = 0;
  if (pair) MANA_CROSS(rc, MPI_BELOW(Info_get_nkeys)(info, &below));
  for (int i = below; pair && !rc && n >= below; pair = pair->next) {
    if (!is_below(info, pair->key) && i++ == n) return strcpy(key, pair->key), MANA_SUCCESS;
  }
  if (!rc) MANA_CROSS(rc, MPI_BELOW(Info_get_nthkey)(info, n, key));
  return done(rc, "MPI_Info_get_nthkey");
}

/* --- copies and ends ---------------------------------------------------------------------------------------------------- */
int core_Info_dup(mana_h info, mana_h *newinfo) {
  const struct core_object *o = known(info);
  mana_h fresh = core_new(MANA_KIND_INFO);
  int rc = fresh ? MANA_SUCCESS : MANA_ERR_NO_MEM;
  *newinfo = fresh;
  if (!rc) MANA_CROSS(rc, MPI_BELOW(Info_dup)(info, newinfo));
  const struct core_info_pair *pair = o && !rc ? o->info.beyond : NULL;
  for (; pair && !rc; pair = pair->next) rc = add(core_object(MANA_KIND_INFO, fresh), pair->key, pair->value);
  if (rc && fresh) core_delete(MANA_KIND_INFO, fresh);
  if (!rc) *newinfo = core_settle(MANA_KIND_INFO, fresh, *newinfo);
  return done(rc, "MPI_Info_dup");
}

int core_Info_free(mana_h *info) {
  mana_h before = *info;
  struct core_object *o = known(before);
  int rc;
  MANA_CROSS(rc, MPI_BELOW(Info_free)(info));
  while (o && *info != before && drop(&o->info.beyond)) continue;
  if (*info != before) core_delete(MANA_KIND_INFO, before);
  return done(rc, "MPI_Info_free");
}
