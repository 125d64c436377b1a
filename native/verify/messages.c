/* Messages between all ranks, small and large: the site's transports work from inside the lower half. */
#include <stdlib.h>
#include <string.h>

#include "verify.h"

enum { LARGE = 4 << 20 };

static void ring(char *out, char *in, int bytes) {
  int next = (verify_rank + 1) % verify_size, previous = (verify_rank + verify_size - 1) % verify_size, count = -1;
  MPI_Request request;
  MPI_Status status;
  memset(out, 'a' + verify_rank % 26, (size_t)bytes);
  memset(in, 0, (size_t)bytes);
  MPI_Irecv(in, bytes, MPI_CHAR, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &request);
  MPI_Send(out, bytes, MPI_CHAR, next, 5, MPI_COMM_WORLD);
  MPI_Wait(&request, &status);
  MPI_Get_count(&status, MPI_CHAR, &count);
  verify_expect(status.MPI_SOURCE == previous && status.MPI_TAG == 5 && count == bytes,
                "ring of %d bytes: source %d, tag %d, count %d", bytes, status.MPI_SOURCE, status.MPI_TAG, count);
  verify_expect(in[0] == 'a' + previous % 26 && in[bytes - 1] == in[0], "ring of %d bytes: wrong contents", bytes);
  verify_expect(request == MPI_REQUEST_NULL, "a completed request is not MPI_REQUEST_NULL");
  MPI_Barrier(MPI_COMM_WORLD);
}

void verify_messages(void) {
  char *out = malloc(LARGE), *in = malloc(LARGE);
  if (out && in) {
    ring(out, in, 8);
    ring(out, in, 64 << 10);
    ring(out, in, LARGE);
  }
  verify_expect(out && in, "no memory");
  free(out);
  free(in);
  verify_tell("messages", "a ring of 8 bytes, 64 KiB and 4 MiB");
}
