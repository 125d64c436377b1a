/* Standard input that was not read yet, pipes by the thousand, semaphores: states_input FOLDER. Prints nothing but "done" when all is well. */
#include <sys/eventfd.h>

#include "descriptor_kinds.h"
#include "states.h"

static struct save_stream save_all(void) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream stream = {0};
  if (state_descriptors_save(&stream, why) != 0) SAY("%s", why);
  return stream;
}
static void restore_all(struct save_stream *stream) {
  char why[STATE_WHY_SIZE] = "";
  if (state_descriptors_restore(stream, why) != 0) SAY("%s", why);
}
/* Restores in a child whose own standard input is another one; `text` is what the program reads then. */
static void reads(const char *text) {
  struct save_stream stream = save_all();
  int status;
  pid_t child = fork();
  if (child == 0) {
    create("input", "of the new process");
    at(STDIN_FILENO, open("input", O_RDONLY));
    restore_all(&stream);
    EXPECT(holds(STDIN_FILENO, text) && read(STDIN_FILENO, said, 1) == 0);
    _exit(0);
  }
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  save_free(&stream);
}

static void unread_input(void) {
  char why[STATE_WHY_SIZE] = "", byte;
  int ends[2];
  struct save_stream none = {0};
  MUST(pipe(ends) == 0);
  at(STDIN_FILENO, ends[0]);
  descriptors_note_start();
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  pid_t feeder = fork(); /* nobody's child in the real world; it holds the other end */
  if (feeder == 0) {
    close(STDIN_FILENO);
    pause();
    _exit(0);
  }
  reads(
      "of the new process"); /* with nothing in the pipe, the end of which is ours: a pipe of the launcher looks the same */
  put(ends[1], "first line, second line");
  MUST(read(STDIN_FILENO, said, 12) == 12);
  int writer = fcntl(ends[1], F_DUPFD_CLOEXEC, 100);
  close(ends[1]);
  close(writer);
  reads("second line");
  EXPECT(read(STDIN_FILENO, &byte, 1) == 1 && byte == 's'); /* nothing was taken */
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", STDIN_FILENO);
  int filler = open(link, O_WRONLY | O_NONBLOCK);
  while (write(filler, said, sizeof said) > 0) {
  }
  close(filler);
  EXPECT(state_descriptors_save(&none, why) == -1 && strstr(why, "descriptor 0 is standard input, and so full"));
  kill(feeder, SIGKILL);
  EXPECT(waitpid(feeder, NULL, 0) == feeder);
  close(STDIN_FILENO);
}

/* A file is read on where the program was. */
static void file_as_input(void) {
  create("script", "one two");
  at(STDIN_FILENO, open("script", O_RDONLY));
  descriptors_note_start();
  MUST(lseek(STDIN_FILENO, 4, SEEK_SET) == 4);
  reads("two");
  close(STDIN_FILENO);
}

static void many_pipes(void) {
  enum { PIPES = 1100 };
  struct rlimit limit;
  int ends[2], status;
  MUST(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  if (limit.rlim_max < 8 * PIPES) return;
  limit_files(8 * PIPES);
  for (int i = 0; i < PIPES; i++) MUST(pipe(ends) == 0);
  struct save_stream stream = save_all();
  MUST(close_range(3, ~0u, 0) == 0);
  pid_t child = fork();
  if (child == 0) {
    restore_all(&stream);
    put(ends[1], "through the last");
    EXPECT(holds(ends[0], "through the last"));
    _exit(0);
  }
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
}

/* Older kernels do not say it. */
static void semaphores(void) {
  for (uint64_t count = 0; count < 4; count++) {
    for (int semaphore = 0; semaphore < 2; semaphore++) {
      uint64_t got = 0;
      int fd = eventfd((unsigned)count, EFD_NONBLOCK | (semaphore ? EFD_SEMAPHORE : 0));
      EXPECT(event_is_semaphore(fd, count) == semaphore);
      for (uint64_t left = count; left; left -= got) EXPECT(read(fd, &got, 8) == 8 && got == (semaphore ? 1 : count));
      EXPECT(read(fd, &got, 8) == -1);
      close(fd);
    }
  }
}

int main(int argc, char **argv) {
  MUST(argc == 2);
  begin(argv[1]);
  unread_input();
  file_as_input();
  many_pipes();
  semaphores();
  SAY("done");
  return 0;
}
