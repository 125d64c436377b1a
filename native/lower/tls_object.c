#include "tls_object.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "options.h"
#include "report.h"
#include "syscall_raw.h"
#include "tls_sites.h"

#define PAGE 4096ull
enum { PREFIX_GS = 0x65 };

/* The prefixes found, as distances from the object's address. Static: ld.so may be in the middle of its work, and malloc be anybody's. */
enum { SITES_MAX = 1 << 20 };
static struct {
  uint64_t base;
  size_t count;
  uint32_t at[SITES_MAX];
} sites;

static void note_site(void *unused, uint64_t prefix) {
  (void)unused;
  if (sites.count < SITES_MAX) sites.at[sites.count] = (uint32_t)(prefix - sites.base);
  sites.count++;
}

static bool find_headers(struct tls_object *object) {
  const Elf64_Ehdr *elf = (const Elf64_Ehdr *)object->base;
  unsigned char resident;
  /* Where it was linked at an address other than 0, its own is a distance only. */
  object->why_not = "has no ELF header where it is mapped";
  if (raw_failed(RAW3(SYS_mincore, object->base, 1, &resident))) return false;
  if (memcmp(elf->e_ident, ELFMAG, SELFMAG) != 0) return false;
  object->headers = (const Elf64_Phdr *)(object->base + elf->e_phoff);
  object->header_count = elf->e_phnum;
  return true;
}

/* A fault for each page, of a library of megabytes, would be felt at the start of a job. Kernels before 5.14 do not know the advice; nothing is lost. */
enum { POPULATE_READ = 22, POPULATE_WRITE = 23 }; /* man 2 madvise */
static void populate_sites(void) {
  for (size_t i = 0, next; i < sites.count; i = next) {
    uint64_t start = (sites.base + sites.at[i]) & ~(PAGE - 1), end = start + PAGE;
    for (next = i + 1;
         next < sites.count && sites.base + sites.at[next] < end + PAGE && sites.base + sites.at[next] >= start; next++)
      end = ((sites.base + sites.at[next]) & ~(PAGE - 1)) + PAGE;
    RAW3(SYS_madvise, start, end - start, POPULATE_WRITE);
  }
}

static bool find_sites(struct tls_object *object) {
  uint64_t undecided = 0;
  sites.base = object->base;
  sites.count = 0;
  object->why_not = "has code that cannot be read with certainty";
  for (size_t i = 0; i < object->header_count; i++) {
    const Elf64_Phdr *segment = &object->headers[i];
    uint64_t start = (object->base + segment->p_vaddr) & ~(PAGE - 1);
    if (segment->p_type == PT_LOAD && segment->p_flags & PF_X)
      RAW3(SYS_madvise, start, object->base + segment->p_vaddr + segment->p_filesz - start, POPULATE_READ);
  }
  return tls_sites_find(object->headers, object->header_count, object->base, note_site, NULL, &undecided) >= 0 &&
         sites.count <= SITES_MAX;
}

static long protect(const struct tls_object *object, int more) {
  long result = 0;
  for (size_t i = 0; i < object->header_count && !raw_failed(result); i++) {
    const Elf64_Phdr *segment = &object->headers[i];
    if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X)) continue;
    uint64_t start = (object->base + segment->p_vaddr) & ~(PAGE - 1);
    int prot = PROT_EXEC | (segment->p_flags & PF_R ? PROT_READ : 0) | (segment->p_flags & PF_W ? PROT_WRITE : 0);
    result = RAW3(SYS_mprotect, start, object->base + segment->p_vaddr + segment->p_memsz - start, prot | more);
  }
  return result;
}

/* It stays executable meanwhile: it may be this very function. */
static bool change_sites(struct tls_object *object) {
  object->why_not = "has code that must not be changed (SELinux execmod)";
  if (raw_failed(protect(object, PROT_WRITE))) return false;
  populate_sites();
  for (size_t i = 0; i < sites.count; i++) *(volatile uint8_t *)(sites.base + sites.at[i]) = PREFIX_GS;
  (void)protect(object, 0);
  return true;
}

bool tls_object_change(const struct link_map *map, struct tls_object *object) {
  *object = (struct tls_object){.name = map->l_name[0] ? map->l_name : options.self, .base = map->l_addr};
  if (!find_headers(object) || !find_sites(object)) return false;
  if (sites.count > 0 && !change_sites(object)) return false;
  report_verbose("%s: %zu instructions find thread-local storage through GS", object->name, sites.count);
  return true;
}
