#include "channel.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handshake.h"
#include "report.h"

static int connection = -1;
static uint8_t *received; /* the frame that is read: its length word first */
static size_t received_have, received_room;

/* --- the job file: `key = value` lines; nested or unknown ones are the tool's own ------------------------------------- */
struct job {
  char address[1024]; /* several, separated by blanks: a host has many, not all reach it */
  char port[16];
  char secret[40];
  char host[256]; /* where the coordinator runs, without its domain */
};

static void take_value(char *out, size_t size, const char *text) {
  size_t n = 0;
  while (*text == ' ' || *text == '"') text++;
  for (; *text && *text != '"' && *text != '\n' && n + 1 < size; text++) out[n++] = *text;
  out[n] = 0;
}

static int read_job(const char *file, struct job *job) {
  static const struct {
    const char *key;
    size_t offset, size;
  } keys[] = {{"address =", offsetof(struct job, address), sizeof job->address},
              {"port =", offsetof(struct job, port), sizeof job->port},
              {"secret =", offsetof(struct job, secret), sizeof job->secret},
              {"host =", offsetof(struct job, host), sizeof job->host}};
  char line[2048];
  FILE *f = fopen(file, "re");
  if (!f) return -1;
  memset(job, 0, sizeof *job);
  while (fgets(line, sizeof line, f)) {
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
      size_t length = strlen(keys[i].key);
      if (strncmp(line, keys[i].key, length) == 0)
        take_value((char *)job + keys[i].offset, keys[i].size, line + length);
    }
  }
  fclose(f);
  return job->address[0] && job->port[0] && strlen(job->secret) == 32 ? 0 : -1;
}

static int read_secret(const char *hex, uint8_t secret[16]) {
  for (int i = 0; i < 16; i++) {
    unsigned byte;
    if (sscanf(hex + 2 * i, "%2x", &byte) != 1) return -1;
    secret[i] = (uint8_t)byte;
  }
  return 0;
}

/* --- connecting --------------------------------------------------------------------------------------------------------- */
/* A coordinator may be slow to answer when thousands of ranks come at once; one that cannot be reached is not waited for so long. */
enum { CONNECT_SECONDS = 10, HANDSHAKE_SECONDS = 30 };

/* On another host the coordinator's loopback address leads to whatever listens there. */
static bool leads_there(const char *address, const struct job *job) {
  char here[256] = "";
  gethostname(here, sizeof here - 1);
  here[strcspn(here, ".")] = 0;
  return strncmp(address, "127.", 4) != 0 || strcmp(here, job->host) == 0;
}

static int try_address(const char *host, const char *port) {
  struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV}, *found;
  struct timeval patience = {.tv_sec = CONNECT_SECONDS};
  int one = 1;
  if (getaddrinfo(host, port, &hints, &found) != 0) return -1;
  int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience); /* bounds connect(2) too, man 7 socket */
  int result = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
  freeaddrinfo(found);
  if (result == 0) {
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    return fd;
  }
  if (fd >= 0) close(fd);
  return -1;
}

int channel_open(const char *job_file) {
  struct job job;
  uint8_t secret[16];
  char why[256] = "no answer";
  if (read_job(job_file, &job) != 0 || read_secret(job.secret, secret) != 0) {
    report_warning("put MANA_HOME on a file system that all nodes share; a job that begins runs on without checkpoints",
                   "cannot read the job file %s: %s", job_file, errno ? strerror(errno) : "not a job file");
    return -1;
  }
  char *rest = NULL;
  for (char *host = strtok_r(job.address, " ", &rest); host && connection < 0; host = strtok_r(NULL, " ", &rest)) {
    if (leads_there(host, &job)) connection = try_address(host, job.port);
    if (connection >= 0 && handshake(secret, HANDSHAKE_SECONDS * 1000, why, sizeof why) != 0) channel_close();
  }
  if (connection < 0) {
    report_warning(
        "see that this node reaches the one where mana itself runs; a job that begins runs on without checkpoints",
        "the job's coordinator does not answer at port %s of the addresses in %s: %s", job.port, job_file, why);
  }
  return connection < 0 ? -1 : 0;
}

int channel_descriptor(void) {
  return connection;
}

void channel_close(void) {
  if (connection >= 0) close(connection);
  connection = -1;
  received_have = 0;
}

/* --- frames --------------------------------------------------------------------------------------------------------------- */
void channel_send(struct save_stream *frame) {
  size_t sent = 0;
  while (connection >= 0 && !frame->failed && sent < frame->length) {
    ssize_t n = send(connection, frame->data + sent, frame->length - sent, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      shutdown(connection, SHUT_RDWR);
      break;
    }
    sent += (size_t)n;
  }
  frame->length = 0;
}

/* One read towards `wanted` bytes; 1 when they are there, 0 when more must come, -1 at the end. */
static int read_towards(size_t wanted) {
  if (wanted > received_room) {
    uint8_t *more = realloc(received, wanted);
    if (!more) return -1;
    received = more;
    received_room = wanted;
  }
  while (received_have < wanted) {
    ssize_t n = recv(connection, received + received_have, wanted - received_have, MSG_DONTWAIT);
    if (n > 0) {
      received_have += (size_t)n;
    } else if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
      return 0;
    } else {
      return -1;
    }
  }
  return 1;
}

/* 1 when a whole frame is there. */
static int read_frame(void) {
  int got = read_towards(4);
  if (got != 1) return got;
  uint32_t length = protocol_length(received);
  return length ? read_towards(4 + (size_t)length) : -1;
}

int channel_receive(struct save_stream *frame, int milliseconds) {
  if (connection < 0) return -1;
  int got = read_frame();
  if (got == 0) {
    struct pollfd p = {.fd = connection, .events = POLLIN};
    if (poll(&p, 1, milliseconds) > 0) got = read_frame();
  }
  if (got != 1) return got;
  *frame = (struct save_stream){.data = received + 4, .length = received_have - 4};
  received_have = 0;
  int type = (int)protocol_get_type(frame);
  return type ? type : -1;
}
