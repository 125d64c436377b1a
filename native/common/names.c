#include "names.h"

bool name_equal(const char *a, const char *b) {
  while (*a && *a == *b) a++, b++;
  return *a == *b;
}

bool name_starts(const char *text, const char *prefix) {
  while (*prefix && *text == *prefix) text++, prefix++;
  return !*prefix;
}

const char *name_base(const char *path) {
  const char *base = path;
  for (; *path; path++) {
    if (*path == '/') base = path + 1;
  }
  return base;
}

size_t name_length(const char *text) {
  size_t length = 0;
  while (text[length]) length++;
  return length;
}

bool name_join(char *out, size_t size, const char *folder, const char *file) {
  size_t at = 0;
  for (; *folder; folder++) {
    if (at + 1 >= size) return false;
    out[at++] = *folder;
  }
  if (at + 1 >= size) return false;
  out[at++] = '/';
  for (; *file; file++) {
    if (at + 1 >= size) return false;
    out[at++] = *file;
  }
  if (at >= size) return false;
  out[at] = 0;
  return true;
}

bool name_is_proc_exe(const char *path, int pid) {
  static const char proc[] = "/proc/";
  if (!name_starts(path, proc)) return false;
  path += sizeof proc - 1;
  if (name_equal(path, "self/exe") || name_equal(path, "thread-self/exe")) return true;
  long number = 0;
  if (*path < '1' || *path > '9') return false;
  for (; *path >= '0' && *path <= '9' && number < 1l << 31; path++) number = number * 10 + (*path - '0');
  return number == pid && name_equal(path, "/exe");
}

bool name_is_library(const char *base, const char *soname) {
  if (!name_starts(base, soname)) return false;
  char next = base[name_length(soname)];
  return next == 0 || next == '.';
}

static bool is_of_cray(const char *base, const char *library) {
  static const char *const compilers[] = {"amd", "aocc", "cray", "gnu", "intel", "nvidia"};
  if (!name_starts(base, library)) return false;
  base += name_length(library);
  for (size_t i = 0; i < sizeof compilers / sizeof *compilers; i++) {
    if (!name_starts(base, compilers[i])) continue;
    const char *rest = base + name_length(compilers[i]);
    while (*rest == '_' || (*rest >= '0' && *rest <= '9')) rest++;
    if (name_is_library(rest, ".so.12")) return true;
  }
  return false;
}

const char *name_of_cray(const char *base) {
  if (is_of_cray(base, "libmpi_")) return "libmpich.so.12";
  return is_of_cray(base, "libmpifort_") ? "libmpichfort.so.12" : NULL;
}

enum mpi_family name_mpi_family(const char *soname) {
  static const struct {
    const char *prefix; /* up to and with the version that names the ABI */
    enum mpi_family family;
  } known[] = {
      {"libmpi.so.12", MPI_FAMILY_MPICH},       {"libmpich.so.12", MPI_FAMILY_MPICH},
      {"libmpifort.so.12", MPI_FAMILY_MPICH},   {"libmpichfort.so.12", MPI_FAMILY_MPICH},
      {"libmpicxx.so.12", MPI_FAMILY_MPICH},    {"libmpichcxx.so.12", MPI_FAMILY_MPICH},
      {"libmpi.so.40", MPI_FAMILY_OPENMPI},     {"libmpi_mpifh.so.40", MPI_FAMILY_OPENMPI},
      {"libmpi_cxx.so.40", MPI_FAMILY_OPENMPI}, {"libmpi_usempi", MPI_FAMILY_OPENMPI},
      {"libmpi_abi.so", MPI_FAMILY_STANDARD},   {"libmpi.so.", MPI_FAMILY_UNKNOWN},
      {"libmpich.so.", MPI_FAMILY_UNKNOWN},     {"libmpifort.so.", MPI_FAMILY_UNKNOWN},
      {"libmpi_mpifh.so.", MPI_FAMILY_UNKNOWN},
  };
  if (name_of_cray(soname)) return MPI_FAMILY_MPICH;
  for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
    if (name_starts(soname, known[i].prefix)) return known[i].family;
  }
  return MPI_FAMILY_NONE;
}
