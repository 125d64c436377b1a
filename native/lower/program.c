#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mpi_needed.h"
#include "names.h"
#include "options.h"
#include "report.h"

enum { SCRIPT_DEPTH = 5 };

static const char next_path[] = "check the name, or give the full path";

struct head {
  uint8_t bytes[PROGRAM_HEAD_SIZE], more[PROGRAM_HEAD_SIZE];
  size_t size;
  const uint8_t *headers; /* program headers that do not lie in `bytes`; else NULL */
};

/* The kernel knows best what to do with it: a static helper of a wrapper script, say. */
static void execute_natively(const char *path, char **argv) {
  execv(path, argv);
  report_fatal(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_EXECUTE, NULL, "cannot execute '%s': %s", path,
               strerror(errno));
}

/* `script`: whose interpreter the path is; NULL = nobody's. */
static void fatal_by_errno(const char *path, const char *script, int error) {
  if ((error == ENOENT || error == ENOTDIR) && script) {
    report_fatal(EXIT_NOT_FOUND, "correct the first line of the script",
                 "program '%s' not found: it is the interpreter of '%s'", path, script);
  }
  if (error == ENOENT || error == ENOTDIR) {
    report_fatal(EXIT_NOT_FOUND, next_path, "program '%s' not found", path);
  }
  report_fatal(EXIT_CANNOT_EXECUTE, "chmod +x it, or name an executable", "cannot execute '%s': %s", path,
               strerror(error));
}

static void read_head(const char *path, const char *script, struct head *head) {
  struct stat status;
  if (stat(path, &status) != 0) fatal_by_errno(path, script, errno);
  if (S_ISDIR(status.st_mode)) fatal_by_errno(path, script, EISDIR);
  if (access(path, X_OK) != 0) fatal_by_errno(path, script, errno);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : pread(fd, head->bytes, sizeof head->bytes, 0);
  if (size < 0) report_fatal(EXIT_CANNOT_EXECUTE, "make it readable", "cannot read '%s': %s", path, strerror(errno));
  head->size = (size_t)size;
  uint64_t offset;
  size_t length;
  bool apart = elf_headers_apart(head->bytes, head->size, &offset, &length) &&
               pread(fd, head->more, length, (off_t)offset) == (ssize_t)length;
  head->headers = apart ? head->more : NULL;
  close(fd);
}

/* Looks in folders, separated by colons, as execvp(3) does: the first file that may be executed; else *error is why the first that was found may
 * not, where there is one. */
static bool find_in(const char *folders, const char *name, char out[4096], int *error) {
  for (const char *at = folders; at;) {
    const char *end = strchr(at, ':');
    int length = (int)(end ? end - at : (long)strlen(at));
    int written = snprintf(out, 4096, "%.*s%s%s", length, at, length ? "/" : "./", name);
    struct stat status;
    if (written < 4096 && stat(out, &status) == 0 && S_ISREG(status.st_mode)) {
      if (access(out, X_OK) == 0) return true;
      *error = errno;
    }
    at = end ? end + 1 : NULL;
  }
  return false;
}

static void find_on_path(const char *name, char out[4096]) {
  const char *path = getenv("PATH");
  int error = ENOENT;
  if (options.path && find_in(options.path, name, out, &error)) return;
  if (find_in(path ? path : "/bin:/usr/bin", name, out, &error)) return;
  if (error == ENOENT) report_fatal(EXIT_NOT_FOUND, next_path, "program '%s' not found on PATH", name);
  fatal_by_errno(name, NULL, error);
}

/* The vector of a script: INTERPRETER [ARGUMENT] SCRIPT ARGS..., as the kernel builds it. */
static void put_interpreter_first(struct program *program, const char *interpreter, const char *argument,
                                  const char *script) {
  int extra = argument ? 2 : 1;
  char **argv = calloc((size_t)program->argc + (size_t)extra + 1, sizeof *argv);
  char *copies[3] = {strdup(interpreter), argument ? strdup(argument) : NULL, strdup(script)};
  if (!argv || !copies[0] || !copies[2] || (argument && !copies[1])) report_fatal(EXIT_MANA, NULL, "out of memory");
  int n = 0;
  argv[n++] = copies[0];
  if (argument) argv[n++] = copies[1];
  argv[n++] = copies[2];
  for (int i = 1; i < program->argc; i++) argv[n++] = program->argv[i];
  program->argc = n;
  program->argv = argv;
}

static void refuse(const char *path, char **argv, const char *why, const char *next) {
  if (options.reenter) execute_natively(path, argv);
  report_fatal(EXIT_CANNOT_EXECUTE, next, "cannot run '%s': %s", path, why);
}

/* One step from a script to its interpreter; the new path, or NULL when `path` is an ELF file that can be split. */
static const char *step(struct program *program, const char *path, const struct head *head,
                        struct script_line *script) {
  switch (program_classify(head->bytes, head->size, head->headers)) {
    case PROGRAM_DYNAMIC: return NULL;
    case PROGRAM_SCRIPT:
      if (!script_line_read(head->bytes, head->size, script)) {
        report_fatal(EXIT_CANNOT_EXECUTE, "write #!/path/to/interpreter", "'%s': no interpreter in its first line",
                     path);
      }
      put_interpreter_first(program, script->interpreter, script->argument, path);
      return script->interpreter;
    case PROGRAM_TEXT: /* execvp gives it to the shell */
      put_interpreter_first(program, "/bin/sh", NULL, path);
      return "/bin/sh";
    case PROGRAM_STATIC:
    case PROGRAM_SHARED_OBJECT:
      refuse(path, program->argv, "it is linked statically, so it holds its own MPI",
             "link it dynamically (without -static)");
      break;
    case PROGRAM_OTHER_MACHINE:
      refuse(path, program->argv, "it is of 32 bits or for another processor", "build it for x86-64");
      break;
    default: refuse(path, program->argv, "not a program that this system can execute", "check the file"); break;
  }
  return NULL;
}

static bool read_interpreter_name(struct program *program) {
  const struct elf_image *image = &program->image;
  int fd = open(program->path, O_RDONLY | O_CLOEXEC);
  ssize_t size = fd < 0 ? -1 : pread(fd, program->interp, image->interp_size, (off_t)image->interp_offset);
  if (fd >= 0) close(fd);
  if (size < 1 || (uint64_t)size != image->interp_size || program->interp[0] != '/') return false;
  program->interp[size - 1] = 0;
  return true;
}

static void read_interpreter(struct program *program) {
  struct head loader;
  if (!read_interpreter_name(program))
    refuse(program->path, program->argv, "the name of its ld.so is damaged", "build it again");
  if (access(program->interp, R_OK) != 0) {
    report_fatal(EXIT_CANNOT_EXECUTE, "install the C library it was built for", "'%s' needs %s: %s", program->path,
                 program->interp, strerror(errno));
  }
  read_head(program->interp, NULL, &loader);
  if (!elf_image_read(loader.bytes, loader.size, loader.headers, &program->interp_image)) {
    report_fatal(EXIT_CANNOT_EXECUTE, NULL, "'%s' needs %s, which is no ELF file", program->path, program->interp);
  }
}

void program_find(struct program *program) {
  const char *name = options.argv[0];
  struct head head;
  struct script_line script;
  program->argc = options.argc;
  program->argv = options.argv;
  if (options.reenter || strchr(name, '/')) {
    if (strlen(name) >= sizeof program->exec_name) report_fatal(EXIT_NOT_FOUND, next_path, "path too long");
    strcpy(program->exec_name, name);
  } else {
    find_on_path(name, program->exec_name);
  }

  char current[4096];
  strcpy(current, program->exec_name);
  int depth = 0;
  char previous[4096] = "";
  for (const char *next;
       read_head(current, depth ? previous : NULL, &head), (next = step(program, current, &head, &script));) {
    strcpy(previous, current);
    if (++depth == SCRIPT_DEPTH) fatal_by_errno(current, NULL, ELOOP);
    strcpy(current, next);
  }
  if (depth == 0 && options.argv0) program->argv[0] = (char *)options.argv0;
  if (!elf_image_read(head.bytes, head.size, head.headers, &program->image) || !realpath(current, program->path)) {
    fatal_by_errno(current, NULL, ENOEXEC);
  }
  mpi_needed_check(program->path, &program->image);
  read_interpreter(program);
}
