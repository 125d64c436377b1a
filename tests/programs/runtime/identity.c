/* Who am I: arguments, environment, /proc/self/exe, auxiliary vector, exit code. */
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "say.h"

extern char **environ;

static void say_exe(void) {
  char link[4096], real[4096], own[4096], by_pid[64];
  ssize_t n = readlink("/proc/self/exe", link, sizeof link - 1);
  link[n < 0 ? 0 : n] = 0;
  SAY("exe %s", link);
  MUST(realpath("/proc/self/exe", real));
  EXPECT(strcmp(link, real) == 0);
  snprintf(by_pid, sizeof by_pid, "/proc/%d/exe", (int)getpid());
  n = readlink(by_pid, own, sizeof own - 1);
  own[n < 0 ? 0 : n] = 0;
  EXPECT(strcmp(link, own) == 0);
  char magic[4] = "", small[4] = "";
  int fd = open("/proc/self/exe", O_RDONLY);
  EXPECT(read(fd, magic, 4) == 4 && memcmp(magic, "\177ELF", 4) == 0);
  close(fd);
  EXPECT(readlink("/proc/self/exe", small, 3) == 3); /* truncated, not terminated */
}

static void say_command_line(void) {
  char text[4096];
  FILE *file = fopen("/proc/self/cmdline", "r");
  size_t n = fread(text, 1, sizeof text, file);
  fclose(file);
  for (size_t i = 0; i < n; i++) text[i] = text[i] ? text[i] : '|';
  SAY("cmdline %.*s", (int)n, text);
  char name[17] = "";
  prctl(PR_GET_NAME, name);
  SAY("name %s", name);
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) SAY("argv[%d] <%s>", i, argv[i]);
  EXPECT(argv[argc] == NULL);
  int variables = 0;
  for (char **e = environ; *e; e++) variables++;
  SAY("%d variables", variables);
  say_exe();
  say_command_line();
  SAY("execfn %s", (const char *)getauxval(AT_EXECFN));
  SAY("platform %s", (const char *)getauxval(AT_PLATFORM));
  EXPECT(getauxval(AT_RANDOM) != 0 && getauxval(AT_SYSINFO_EHDR) != 0 && getauxval(AT_PAGESZ) == 4096);
  return 7;
}
