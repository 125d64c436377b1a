/* The command line of mana-lower (OPTIONS_SYNOPSIS), as `mana launch` and `mana restart` write it:
 *
 *   --syscalls=dispatch    the kernel hands over all system calls of the program; patch, the default: those that libc makes are replaced
 *   --verbose=N            0 to 9; from 1 on it tells what was steered in each file
 *   --proxy=FILE, --upper=DIR   in place of those of the bundle in which this program lies
 *   --job=FILE             address and secret of the job's coordinator; without it no checkpoint can be taken
 *   --collectives=two-phase  members of a collective meet before any of them enters it (agent/gate.c)
 *   --compress=CODEC       how images will be compressed: its library is asked for at once, not at the first checkpoint
 *   --checkpoint-signal=N  ranks ignore this signal, unless the program handles it: it is for `mana launch`
 *   --crossing=fs          crossings swap FS, though they need not (lower_tls.h); arch_prctl: as on a kernel without FSGSBASE; gs, the default, where it
 *                          can be: neither. Likewise with MANA_CROSSING in the environment
 *   --escaped              in PROGRAM, ARGS and --setenv, %XX is a byte: launchers take some words for their own
 *   --path=DIRS            where PROGRAM is looked for before PATH: the info key "path" of MPI_Comm_spawn
 *   --setenv NAME=VALUE    a variable meant for the program, which mana-lower's own ld.so would obey (LD_PRELOAD), or which is not UTF-8
 *
 * of a restart:
 *   --restart=FOLDER       instead of a program: the checkpoint to go on from
 *   --thread-level=N       its MPI thread level, canonical
 *   --any-owner            images that belong to another user are taken, too
 *   --keep-files           files that grew or were overwritten since the checkpoint are taken as they are
 *   --env NAME=VALUE       a variable of the program that is changed in its memory
 *   --map OLD=NEW          files and folders below the full path OLD are below NEW now (native/state/path_map.h)
 *
 * An exec of the split program comes back with, besides:
 *   --reenter              PROGRAM is a path, descriptors are the program's own, what cannot be split runs natively
 *   --argv0 NAME           the argv[0] it was executed with
 *   --launched=PID         the process that the launcher started
 *   --nofile-soft=N        the soft limit of open files that the program knows, in place of the raised one
 * and a start of its own, which it makes to get another memory layout, with
 *   --stack-soft=N         the soft limit of the stack that the program shall have, in bytes; 18446744073709551615 = none */
#ifndef MANA_LOWER_OPTIONS_H
#define MANA_LOWER_OPTIONS_H
#include <stdbool.h>
#include <stdint.h>

/* One line: a message to a user is what happened, and what to do next (report.h). */
#define OPTIONS_SYNOPSIS                                                                                               \
  "mana-lower [--syscalls=patch|dispatch] [--collectives=two-phase] [--compress=none|lz4|zstd] [--job=FILE] "          \
  "[--checkpoint-signal=N] [--proxy=FILE] [--upper=DIR] [--verbose=N] [--crossing=gs|fs|arch_prctl] [--escaped] "      \
  "[--path=DIRS] "                                                                                                     \
  "[--setenv NAME=VALUE]... [--reenter] [--argv0 NAME] [--launched=PID] [--nofile-soft=N] [--stack-soft=N] "           \
  "{ -- PROGRAM [ARGS...] | --thread-level=N [--any-owner] [--keep-files] [--env NAME=VALUE]... [--map OLD=NEW]... "   \
  "--restart=FOLDER }"

enum { OPTIONS_SETENV_MAX = 64 };

struct options {
  bool dispatch, reenter, two_phase, escaped;
  int crossing;        /* enum split_crossing */
  bool crossing_given; /* on the command line */
  bool stack_soft_given;
  uint64_t stack_soft;
  uint64_t nofile_soft; /* 0 = not given */
  int verbose;
  char self[4096];    /* this program's own path */
  char proxy[4096];   /* the proxy library */
  char upper[4096];   /* folder of the blob and of the stub libraries */
  char job[4096];     /* "" = none */
  uint32_t codec;     /* enum image_codec */
  char restart[4096]; /* "" = a program is started */
  int thread_level;
  int checkpoint_signal; /* 0 = none */
  int launched;          /* the process that the launcher started: this one, or one that has executed or forked it */
  bool any_owner, keep_files;
  const char *path;  /* NULL = PATH alone */
  const char *argv0; /* NULL = PROGRAM */
  const char *setenv[OPTIONS_SETENV_MAX];
  int setenv_count;
  const char *env[OPTIONS_SETENV_MAX]; /* of a restart */
  int env_count;
  int argc; /* the program's vector, argv[0] = PROGRAM */
  char **argv;
};
extern struct options options;
extern const char *const option_crossing_names[]; /* by enum split_crossing */

/* Fills `options`, or ends with a message. */
void options_read(int argc, char **argv);
#endif
