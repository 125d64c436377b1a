/* One object of the lower half whose code is to find thread-local storage through GS. */
#ifndef MANA_LOWER_TLS_OBJECT_H
#define MANA_LOWER_TLS_OBJECT_H
#include <link.h>
#include <stdbool.h>

struct tls_object {
  const char *name;
  uint64_t base;
  const Elf64_Phdr *headers;
  size_t header_count;
  const char *why_not; /* where it could not be changed: "has code that ..." */
};

/* Changes its code, all or nothing. Not reentrant; other threads may run, though not in this object. */
bool tls_object_change(const struct link_map *map, struct tls_object *object) __attribute__((warn_unused_result));
#endif
