#include "foreign.h"

#include <errno.h>
#include <sys/mman.h>

#include "proxy.h"
#include "pump.h"

/* By index. What is made of a foreign communicator is looked at when it is first used: that it is complete then is certain. */
enum kin { UNKNOWN, OWN, FOREIGN };
static uint8_t *kin;
static int count;

int px_foreign_create(void) {
  kin = mmap(NULL, MANA_INDEX_MASK + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  return kin == MAP_FAILED ? -ENOMEM : 0;
}

int px_foreign_count(void) {
  return __atomic_load_n(&count, __ATOMIC_RELAXED);
}

void px_foreign_made(mana_h comm) {
  if (!mana_is_user(comm)) return;
  px_counters.foreign = 1;
  if (__atomic_exchange_n(&kin[mana_index(comm)], FOREIGN, __ATOMIC_RELAXED) != FOREIGN)
    __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED);
}

void px_foreign_gone(mana_h comm) {
  if (__atomic_exchange_n(&kin[mana_index(comm)], UNKNOWN, __ATOMIC_RELAXED) == FOREIGN)
    __atomic_fetch_sub(&count, 1, __ATOMIC_RELAXED);
}

int px_foreign_ask(mana_h comm) {
  if (!mana_is_user(comm)) return 0;
  uint8_t *known = &kin[mana_index(comm)];
  if (*known == UNKNOWN && px_has_strangers(comm)) px_foreign_made(comm);
  if (*known == UNKNOWN) *known = OWN;
  return *known == FOREIGN;
}
