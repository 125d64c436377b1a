/* The buffer of buffered sends (MPI-4.1 section 3.6). The application sizes it with the overhead of its own ABI, a site may need more a
 * message: so the site gets a larger one of ours, and the application's comes back unused at detach. */
#include <limits.h>
#include <sys/mman.h>

#include "abi.h"
#include "core_auto.h"

static struct {
  void *app, *ours;
  int64_t app_size;
  size_t our_size;
} attached;

/* Room for as many messages as the application can have meant, each with the largest overhead of any ABI. */
static size_t size_for(int64_t app_size) {
  uint64_t messages = (uint64_t)app_size / ABI_BSEND_OVERHEAD + 1;
  uint64_t size = (uint64_t)app_size + messages * MANA_BSEND_OVERHEAD;
  /* A site without large counts takes an int; no application of such a size sends only tiny messages. */
  return app_size <= INT_MAX && size > INT_MAX ? INT_MAX : size;
}

static int attach(void *buffer, int64_t size) {
  if (size < 0) return MANA_ERR_ARG;
  if (attached.ours) return MANA_ERR_BUFFER;
  size_t our_size = size_for(size);
  void *ours = mmap(NULL, our_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (ours == MAP_FAILED) return MANA_ERR_NO_MEM;
  int rc;
  if (our_size <= INT_MAX) {
    MANA_CROSS(rc, MPI_BELOW(Buffer_attach)(ours, (int)our_size));
  } else {
    MANA_CROSS(rc, MPI_BELOW(Buffer_attach_c)(ours, (int64_t)our_size));
  }
  if (rc) {
    munmap(ours, our_size);
    return rc;
  }
  attached.app = buffer;
  attached.app_size = size;
  attached.ours = ours;
  attached.our_size = our_size;
  return MANA_SUCCESS;
}

/* Returns when every message has left the buffer. */
static int detach(void *buffer_addr, int64_t *size) {
  void *below = NULL;
  int narrow = 0, rc;
  int64_t wide = 0;
  if (attached.our_size <= INT_MAX) {
    MANA_CROSS(rc, MPI_BELOW(Buffer_detach)(&below, &narrow));
  } else {
    MANA_CROSS(rc, MPI_BELOW(Buffer_detach_c)(&below, &wide));
  }
  if (rc) return rc;
  *(void **)buffer_addr = attached.app;
  *size = attached.app_size;
  if (attached.ours) munmap(attached.ours, attached.our_size);
  attached.app = attached.ours = NULL;
  attached.our_size = 0;
  attached.app_size = 0;
  return MANA_SUCCESS;
}

static int failed(int rc, const char *name) {
  return rc ? core_fail(MANA_KIND_COMM, MANA_COMM_WORLD, rc, name) : MANA_SUCCESS;
}

int core_Buffer_attach(void *buffer, int size) {
  return failed(attach(buffer, size), "MPI_Buffer_attach");
}
int core_Buffer_attach_c(void *buffer, int64_t size) {
  return failed(attach(buffer, size), "MPI_Buffer_attach_c");
}
int core_Buffer_detach_c(void *buffer_addr, int64_t *size) {
  return failed(detach(buffer_addr, size), "MPI_Buffer_detach_c");
}
int core_Buffer_detach(void *buffer_addr, int *size) {
  int64_t wide = 0;
  int rc = failed(detach(buffer_addr, &wide), "MPI_Buffer_detach");
  if (rc == MANA_SUCCESS) *size = (int)wide;
  return rc;
}
