#include "image_output.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "image_why.h"

void image_output_add(struct image_output *out, const void *data, size_t length) {
  struct iovec *last = out->run_count ? &out->run[out->run_count - 1] : NULL;
  if (last && (const char *)last->iov_base + last->iov_len == data) {
    last->iov_len += length;
  } else {
    out->run[out->run_count++] = (struct iovec){(void *)data, length};
  }
  out->gathered += length;
  out->offset += length;
}

static int fail(const struct image_output *out, const char *problem) {
  return image_why(out->why, "cannot write '%s': %s", out->path, problem);
}

int image_output_flush(struct image_output *out) {
  struct iovec *run = out->run;
  uint64_t at = out->offset - out->gathered;
  while (out->gathered) {
    ssize_t put = pwritev(out->fd, run, (int)(out->run + out->run_count - run), (off_t)at);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return fail(out, put ? strerror(errno) : "nothing was written");
    at += (uint64_t)put;
    out->gathered -= (uint64_t)put;
    for (; put && (size_t)put >= run->iov_len; run++) put -= (ssize_t)run->iov_len;
    if (put) *run = (struct iovec){(char *)run->iov_base + put, run->iov_len - (size_t)put};
  }
  out->run_count = 0;
  image_flusher_wrote(&out->flusher, out->offset);
  return 0;
}

int image_output_write(struct image_output *out, const void *data, size_t length) {
  if (!length) return 0;
  if (!image_output_has_room(out, 1) && image_output_flush(out) != 0) return -1;
  image_output_add(out, data, length);
  return image_output_flush(out);
}

int image_output_patch(struct image_output *out, const void *data, size_t length, uint64_t offset) {
  ssize_t put = pwrite(out->fd, data, length, (off_t)offset);
  if (put != (ssize_t)length) return fail(out, put < 0 ? strerror(errno) : "nothing was written");
  return 0;
}
