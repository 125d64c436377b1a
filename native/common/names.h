/* Names: paths that stand for the running program, and libraries that stand for an MPI. Pure string logic. */
#ifndef MANA_NAMES_H
#define MANA_NAMES_H
#include <stdbool.h>
#include <stddef.h>

bool name_equal(const char *a, const char *b) __attribute__((warn_unused_result));
bool name_starts(const char *text, const char *prefix) __attribute__((warn_unused_result));
/* What follows the last slash. */
const char *name_base(const char *path) __attribute__((warn_unused_result));
size_t name_length(const char *text) __attribute__((warn_unused_result));
/* Joins folder and file into `out`; false when it does not fit. */
bool name_join(char *out, size_t size, const char *folder, const char *file) __attribute__((warn_unused_result));

/* Is it /proc/self/exe, /proc/thread-self/exe or /proc/PID/exe? (realpath(3) asks for the last.) */
bool name_is_proc_exe(const char *path, int pid) __attribute__((warn_unused_result));

/* Does file `base` stand for library `soname`: the same name, or the soname and a longer version (libmpi.so.40.30.4)? */
bool name_is_library(const char *base, const char *soname) __attribute__((warn_unused_result));

/* The stub for a library of Cray MPICH, which calls each after the compiler it is for: libmpi_gnu_112.so.12, libmpifort_intel.so.12.
 * NULL: it is none. */
const char *name_of_cray(const char *base) __attribute__((warn_unused_result));

/* The MPI an application's library belongs to, by its soname; UNKNOWN is another generation of one, for which there is no stub. */
enum mpi_family { MPI_FAMILY_NONE, MPI_FAMILY_MPICH, MPI_FAMILY_OPENMPI, MPI_FAMILY_STANDARD, MPI_FAMILY_UNKNOWN };
enum mpi_family name_mpi_family(const char *soname) __attribute__((warn_unused_result));
#endif
