/* State of a process that cannot be saved or restored, and how it is said: states_refused FOLDER. Prints nothing but "done" when all is well. */
#include <sys/inotify.h>
#include <sys/socket.h>

#include "path_map.h"
#include "states.h"

enum { LOG = 10, LOG_COPY };

static void cannot_save(int fd, const char *text) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream to = {0};
  at(LOG, fd);
  int result = state_descriptors_save(&to, why);
  if (result != -1 || !strstr(why, "descriptor 10") || !strstr(why, text))
    SAY("not refused as %s: %d %s", text, result, why);
  close(LOG);
  save_free(&to);
}
/* Saves the open file LOG, lets the shell change it, and restores in a child. `text` NULL: it can be restored. */
static void after(const char *change, const char *text) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream stream = {0};
  int status;
  create("log", "ten bytes\n");
  at(LOG, open("log", O_RDWR));
  EXPECT(state_descriptors_save(&stream, why) == 0);
  close(LOG);
  EXPECT(system(change) == 0);
  pid_t child = fork();
  if (child == 0) {
    struct save_stream looked_at = stream;
    int result = state_descriptors_check(&looked_at, why);
    if (result == 0) result = state_descriptors_restore(&stream, why);
    bool good = text ? result == -1 && strstr(why, "descriptor 10") && strstr(why, text)
                     : result == 0 && lseek(LOG, 0, SEEK_END) >= 10;
    if (!good) SAY("after %s: %d %s", change, result, why);
    _exit(0);
  }
  EXPECT(waitpid(child, &status, 0) == child && status == 0);
  save_free(&stream);
}

/* Ranks that have one log open restart at once, each a process; one of them keeps what came later, holes as holes. */
static void at_once(void) {
  enum { RANKS = 8, LATER = 1 << 30 };
  char why[STATE_WHY_SIZE] = "";
  struct save_stream stream = {0};
  struct stat status;
  int ended, ready[2];
  create("shared", "ten bytes\n");
  at(LOG, open("shared", O_RDWR));
  EXPECT(state_descriptors_save(&stream, why) == 0);
  MUST(pwrite(LOG, "the end", 7, LATER) == 7 && close(LOG) == 0 && pipe(ready) == 0);
  for (int i = 0; i < RANKS; i++) {
    char byte;
    if (fork()) continue;
    close(ready[1]);
    (void)!read(ready[0], &byte, 1);
    close(ready[0]);
    if (state_descriptors_restore(&stream, why) != 0) SAY("at once: %s", why);
    _exit(0);
  }
  close(ready[0]);
  close(ready[1]);
  for (int i = 0; i < RANKS; i++) EXPECT(wait(&ended) > 0 && ended == 0);
  EXPECT(stat("shared", &status) == 0 && status.st_size == 10);
  EXPECT(stat("shared.mana-tail-1", &status) == 0 && status.st_size == LATER + 7 - 10 && status.st_blocks < 1000);
  EXPECT(access("shared.mana-tail-1.2", F_OK) != 0);
  save_free(&stream);
}

/* Files without a name, in a folder that is gone and with no other to be had: in memory. */
static void without_folder(void) {
  char why[STATE_WHY_SIZE] = "", path[64] = "";
  struct save_stream stream = {0};
  const char *folder = state_files_policy.folder;
  MUST(mkdir("scratch", 0700) == 0);
  at(LOG, open("scratch/file", O_CREAT | O_RDWR, 0600));
  put(LOG, "kept");
  MUST(unlink("scratch/file") == 0 && rmdir("scratch") == 0);
  EXPECT(state_descriptors_save(&stream, why) == 0);
  close(LOG);
  state_files_policy.folder = "no/such";
  EXPECT(state_descriptors_restore(&stream, why) == 0);
  EXPECT(readlink("/proc/self/fd/10", path, sizeof path - 1) > 0 && strncmp(path, "/memfd:", 7) == 0);
  EXPECT(lseek(LOG, 0, SEEK_SET) == 0 && holds(LOG, "kept"));
  state_files_policy.folder = folder;
  close(LOG);
  save_free(&stream);
}

/* Folders that the program has open, or works in, are missed before anything is changed. */
static void without_directory(void) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream descriptors = {0}, process = {0};
  MUST(mkdir("place", 0700) == 0 && chdir("place") == 0);
  at(LOG, open(".", O_RDONLY));
  EXPECT(state_descriptors_save(&descriptors, why) == 0 && state_process_save(&process, why) == 0);
  MUST(chdir("..") == 0 && rmdir("place") == 0);
  EXPECT(state_descriptors_check(&descriptors, why) == -1 && strstr(why, "descriptor 10: cannot open"));
  EXPECT(state_process_check(&process, why) == -1 && strstr(why, "working directory") && strstr(why, "/place"));
  close(LOG);
  save_free(&descriptors);
  save_free(&process);
}

/* After they were looked at: another file has come into its place, or its folder cannot be written. */
static void too_late(void) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream stream = {0};
  create("log", "ten bytes\n");
  at(LOG, open("log", O_RDWR));
  EXPECT(state_descriptors_save(&stream, why) == 0);
  MUST(pwrite(LOG, "and more", 8, 10) == 8 && close(LOG) == 0);
  struct save_stream again = stream;
  if (geteuid() != 0) { /* root may write everywhere */
    MUST(chmod(".", 0500) == 0);
    EXPECT(state_descriptors_check(&again, why) == -1 && strstr(why, "cannot be kept beside it: Permission denied"));
    MUST(chmod(".", 0700) == 0);
    again = stream;
  }
  EXPECT(state_descriptors_check(&again, why) == 0);
  MUST(rename("log", "log.1") == 0);
  create("log", "a log of many more bytes\n");
  EXPECT(state_descriptors_restore(&stream, why) == -1 && strstr(why, "replaced by another file while"));
  save_free(&stream);
}

/* The image has what memory is shared through: that it changed since is not the descriptor's affair. */
static void mapped_since(void) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream stream = {0};
  create("log", "ten bytes\n");
  at(LOG, open("log", O_RDWR));
  char *memory = mmap(NULL, 10, PROT_READ | PROT_WRITE, MAP_SHARED, LOG, 0);
  MUST(memory != MAP_FAILED);
  EXPECT(state_descriptors_save(&stream, why) == 0);
  usleep(20000);
  memory[0] = 'T';
  MUST(msync(memory, 10, MS_SYNC) == 0 && munmap(memory, 10) == 0);
  if (state_descriptors_check(&stream, why) != 0) SAY("mapped: %s", why);
  close(LOG);
  save_free(&stream);
}

/* More than is read at each checkpoint. */
static void too_long(void) {
  char why[STATE_WHY_SIZE] = "";
  struct save_stream stream = {0};
  at(LOG, open("log", O_CREAT | O_TRUNC | O_RDWR, 0600));
  MUST(ftruncate(LOG, 65 << 20) == 0 && state_descriptors_save(&stream, why) == 0);
  put(LOG, "overwritten");
  said[0] = 0;
  EXPECT(state_descriptors_check(&stream, why) == 0 && strstr(said, "log was written to since the checkpoint"));
  close(LOG);
  save_free(&stream);
}

static void mapped(const char *path, const char *expected) {
  char now[64];
  snprintf(now, sizeof now, "%s", path);
  EXPECT(path_map_apply(now, sizeof now) == (strcmp(path, expected) != 0) && strcmp(now, expected) == 0);
}

static void move_files(void) {
  static char folder[4096], assignment[3 * 4096];
  MUST(getcwd(folder, sizeof folder) != NULL && mkdir("moved", 0700) == 0);
  snprintf(assignment, sizeof assignment, "%s/log=%s/moved/log", folder, folder);
  EXPECT(path_map_add("relative=/a") == -1 && path_map_add("/a") == -1 && path_map_add(assignment) == 0);
  EXPECT(path_map_add("/no/such//=/") == 0 && path_map_add("/from=/a=b/") == 0);
  mapped("/no/such", "/");
  mapped("/no/such/x", "/x");
  mapped("/no/suchx", "/no/suchx");
  mapped("/from/x", "/a=b/x");
  after("cp -p log moved; rm log", NULL);
}

static void refuse(void) {
  int ends[2], queue[2];
  char why[STATE_WHY_SIZE] = "";
  state_files_policy = (struct state_files_policy){.folder = ".", .epoch = 1};
  MUST(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 && mkfifo("fifo", 0600) == 0);
  close(ends[1]);
  cannot_save(ends[0], "socket");
  cannot_save(inotify_init1(0), "inotify");
  cannot_save(open("fifo", O_RDWR), "named pipe");
  create("first", "text");
  int linked = open("first", O_RDWR);
  MUST(link("first", "second") == 0 && unlink("first") == 0);
  cannot_save(linked, "first (deleted) by which the file was opened is gone or another file's");
  MUST(mkdir("gone", 0700) == 0);
  linked = open("gone", O_RDONLY);
  MUST(rmdir("gone") == 0);
  cannot_save(linked, "gone (deleted) is gone");
  int device = open("/dev/kmsg", O_RDONLY); /* root's only */
  if (device >= 0) cannot_save(device, "device /dev/kmsg");
  MUST(pipe(ends) == 0 && pipe(queue) == 0);
  pid_t child = fork();
  if (child == 0) {
    close(ends[1]);
    close(queue[1]);
    _exit(read(queue[0], why, 1) == 0 ? 0 : 1);
  }
  close(ends[0]);
  close(queue[0]);
  fcntl(queue[1], F_SETFD, FD_CLOEXEC);
  at(LOG_COPY, queue[1]);
  struct save_stream to = {0};
  EXPECT(state_descriptors_save(&to, why) == -1 && strstr(why, "is a pipe to another process"));
  close(LOG_COPY);
  close(ends[1]);
  EXPECT(waitpid(child, NULL, 0) == child);

  after("true", NULL);
  after("echo more >>log; touch -d yesterday log", NULL);
  after("cp -p log copy; rm log; sleep 0.1; mv copy log", NULL);
  after("rm log", "cannot open");
  after("rm log; mkfifo log", "is no regular file any more");
  MUST(unlink("log") == 0);
  after("rm log; echo ten bytes, and more >log", "was replaced by another file"); /* with the same inode, often */
  after("echo more >>log; printf T | dd of=log conv=notrunc status=none", "were overwritten since");
  after(": >log; echo begun anew by another run >>log", "were overwritten since");
  state_files_policy.keep = true;
  after("printf T | dd of=log conv=notrunc status=none", NULL);
  state_files_policy.keep = false;
  mapped_since();
  at_once();
  too_late();
  without_folder();
  without_directory();
  too_long();
  after("cp log copy; sleep 0.1; echo other >>copy; mv copy log", "was replaced by another file");
  after("truncate -s 3 log", "has 3 bytes, at the checkpoint it had 10");
  move_files();
  SAY("done");
}

int main(int argc, char **argv) {
  MUST(argc == 2);
  begin(argv[1]);
  refuse();
  return 0;
}
