#include "options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "image_codec.h"
#include "names.h"
#include "path_map.h"
#include "report.h"
#include "split_abi.h"

struct options options;

static const char usage[] = OPTIONS_SYNOPSIS;

static void set_path(char out[4096], const char *value, const char *option) {
  if (strlen(value) >= 4096) report_fatal(EXIT_MANA, usage, "%s: path too long", option);
  strcpy(out, value);
}

static void set_syscalls(const char *value) {
  options.dispatch = strcmp(value, "dispatch") == 0;
  if (!options.dispatch && strcmp(value, "patch") != 0) {
    report_fatal(EXIT_MANA, usage, "--syscalls=%s: neither patch nor dispatch", value);
  }
}

static void set_verbose(const char *value) {
  char *end;
  long number = strtol(value, &end, 10);
  if (!*value || *end || number < 0 || number > 9) report_fatal(EXIT_MANA, usage, "--verbose=%s: not 0 to 9", value);
  options.verbose = (int)number;
}

static void set_codec(const char *value) {
  options.codec = image_codec_named(value);
  if (options.codec == IMAGE_CODEC_COUNT) report_fatal(EXIT_MANA, usage, "--compress=%s: not none, lz4 or zstd", value);
}

static uint64_t number_of(const char *value, const char *option) {
  char *end;
  uint64_t number = strtoull(value, &end, 10);
  if (!*value || *end) report_fatal(EXIT_MANA, usage, "%s=%s: not a number", option, value);
  return number;
}

const char *const option_crossing_names[] = {
    [SPLIT_CROSSING_GS] = "gs", [SPLIT_CROSSING_FS] = "fs", [SPLIT_CROSSING_ARCH_PRCTL] = "arch_prctl"};

static void set_crossing(const char *value) {
  enum { COUNT = sizeof option_crossing_names / sizeof *option_crossing_names };
  int which = 0;
  while (which < COUNT && strcmp(value, option_crossing_names[which]) != 0) which++;
  if (which == COUNT)
    report_fatal(EXIT_MANA, usage, "--crossing or MANA_CROSSING is %s: not gs, fs or arch_prctl", value);
  options.crossing = which;
}

static void read_environment(void) {
  const char *value = getenv("MANA_CROSSING");
  if (value && *value) set_crossing(value);
}

/* A bundle can be moved: everything is found beside this program. */
static void read_own_place(void) {
  ssize_t length = readlink("/proc/self/exe", options.self, sizeof options.self - 1);
  if (length <= 0) report_fatal(EXIT_MANA, "mount /proc", "cannot read /proc/self/exe");
  options.self[length] = 0;
  char folder[4096];
  strcpy(folder, options.self);
  char *slash = strrchr(folder, '/');
  *slash = 0;
  bool fits = name_join(options.proxy, sizeof options.proxy, folder, "libmana_proxy.so");
  slash = strrchr(folder, '/');
  if (slash) *slash = 0;
  fits = fits && name_join(options.upper, sizeof options.upper, folder, "upper");
  if (!fits) report_fatal(EXIT_MANA, "move the bundle to a shorter path", "%s: path too long", options.self);
}

static bool starts(const char *text, const char *prefix, const char **rest) {
  if (!name_starts(text, prefix)) return false;
  *rest = text + strlen(prefix);
  return true;
}

static void add_setenv(const char *variable) {
  if (options.setenv_count == OPTIONS_SETENV_MAX) report_fatal(EXIT_MANA, usage, "too many --setenv");
  options.setenv[options.setenv_count++] = variable;
}

/* The word after option argv[*i]. */
static const char *next_word(char **argv, int *i) {
  if (!argv[*i + 1]) report_fatal(EXIT_MANA, usage, "%s: a value is missing", argv[*i]);
  return argv[++*i];
}

static void add_env(const char *assignment) {
  if (options.env_count == OPTIONS_SETENV_MAX || !strchr(assignment, '='))
    report_fatal(EXIT_MANA, usage, "--env %s: not NAME=VALUE, or one of too many", assignment);
  options.env[options.env_count++] = assignment;
}

static void add_map(const char *assignment) {
  if (path_map_add(assignment) != 0)
    report_fatal(EXIT_MANA, usage, "--map %s: not OLD=NEW with two full paths, or one of too many", assignment);
}

/* "%XX" is a byte, in hexadecimal. The word itself stays as it is, for a start of our own may need it again. */
static char *unescaped(const char *word) {
  char *text = strdup(word), *to = text, digits[3] = {0};
  if (!text) report_fatal(EXIT_MANA, usage, "no memory for the command line");
  for (const char *from = text; *from; from++) {
    bool escape = from[0] == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2]);
    if (escape) memcpy(digits, from + 1, 2);
    *to++ = escape ? (char)strtoul(digits, NULL, 16) : *from;
    if (escape) from += 2;
  }
  *to = 0;
  return text;
}

static void unescape_all(void) {
  char **argv = calloc((size_t)options.argc + 1, sizeof *argv);
  if (!argv) report_fatal(EXIT_MANA, usage, "no memory for the command line");
  for (int i = 0; i < options.argc; i++) argv[i] = unescaped(options.argv[i]);
  for (int i = 0; i < options.setenv_count; i++) options.setenv[i] = unescaped(options.setenv[i]);
  options.argv = argv;
}

static void read_option(char **argv, int *i) {
  const char *value;
  if (starts(argv[*i], "--syscalls=", &value)) {
    set_syscalls(value);
  } else if (starts(argv[*i], "--verbose=", &value)) {
    set_verbose(value);
  } else if (starts(argv[*i], "--path=", &value)) {
    options.path = value;
  } else if (starts(argv[*i], "--proxy=", &value)) {
    set_path(options.proxy, value, "--proxy");
  } else if (starts(argv[*i], "--upper=", &value)) {
    set_path(options.upper, value, "--upper");
  } else if (starts(argv[*i], "--job=", &value)) {
    set_path(options.job, value, "--job");
  } else if (starts(argv[*i], "--compress=", &value)) {
    set_codec(value);
  } else if (starts(argv[*i], "--checkpoint-signal=", &value)) {
    options.checkpoint_signal = (int)number_of(value, "--checkpoint-signal");
  } else if (starts(argv[*i], "--restart=", &value)) {
    set_path(options.restart, value, "--restart");
  } else if (starts(argv[*i], "--thread-level=", &value)) {
    options.thread_level = (int)number_of(value, "--thread-level");
  } else if (starts(argv[*i], "--stack-soft=", &value)) {
    options.stack_soft = number_of(value, "--stack-soft");
    options.stack_soft_given = true;
  } else if (starts(argv[*i], "--nofile-soft=", &value)) {
    options.nofile_soft = number_of(value, "--nofile-soft");
  } else if (starts(argv[*i], "--launched=", &value)) {
    options.launched = (int)number_of(value, "--launched");
  } else if (strcmp(argv[*i], "--collectives=two-phase") == 0) {
    options.two_phase = true;
  } else if (strcmp(argv[*i], "--any-owner") == 0) {
    options.any_owner = true;
  } else if (strcmp(argv[*i], "--keep-files") == 0) {
    options.keep_files = true;
  } else if (strcmp(argv[*i], "--env") == 0) {
    add_env(next_word(argv, i));
  } else if (strcmp(argv[*i], "--map") == 0) {
    add_map(next_word(argv, i));
  } else if (strcmp(argv[*i], "--reenter") == 0) {
    options.reenter = true;
  } else if (strcmp(argv[*i], "--escaped") == 0) {
    options.escaped = true;
  } else if (starts(argv[*i], "--crossing=", &value)) {
    set_crossing(value);
    options.crossing_given = true;
  } else if (strcmp(argv[*i], "--argv0") == 0) {
    options.argv0 = next_word(argv, i);
  } else if (strcmp(argv[*i], "--setenv") == 0) {
    add_setenv(next_word(argv, i));
  } else {
    report_fatal(EXIT_MANA, usage, "unknown option %s", argv[*i]);
  }
}

void options_read(int argc, char **argv) {
  read_own_place();
  read_environment();
  options.launched = getpid();
  int i = 1;
  while (i < argc && strcmp(argv[i], "--") != 0) {
    read_option(argv, &i);
    i++;
  }
  if (options.restart[0]) return;
  if (i + 1 >= argc) report_fatal(EXIT_MANA, usage, "no program to run");
  options.argc = argc - i - 1;
  options.argv = argv + i + 1;
  if (options.escaped) unescape_all();
}
