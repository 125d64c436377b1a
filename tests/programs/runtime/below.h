/* What fake_proxy.c puts into the crossing table in place of an MPI, and crossing.c calls. */
#ifndef MANA_TESTS_BELOW_H
#define MANA_TESTS_BELOW_H
enum below {
  BELOW_WHO,            /* int (void): a number of this thread's own, and a check that errno, malloc and printf work */
  BELOW_SLEEP,          /* void (int ms): stays below, where signals find it */
  BELOW_OPEN,           /* int (void): makes descriptors in every way; the lowest number it got */
  BELOW_HANDLE,         /* int (int sig, int chain): installs a handler that counts, and may call the one before it */
  BELOW_HANDLED,        /* int (void): how often it ran; negative when it ran under the wrong FS */
  BELOW_RAISE,          /* void (int sig) */
  BELOW_THREAD,         /* int (void): starts a thread; 1 when it has all signals blocked */
  BELOW_UNMAPPED,       /* long (void): bytes that the upper half took away by munmap and mmap, and 1 a shmdt */
  BELOW_PUT_BACK,       /* int (int sig): puts back the action that was there before */
  BELOW_CALLBACK,       /* int (int (*upper)(int), int): calls up, as the proxy's upcalls do */
  BELOW_TAKE_PARK,      /* void (void): installs a handler for the park signal, which counts as the agent's does */
  BELOW_PARK,           /* int (int tid): sends it to a thread; 0, or a negated errno */
  BELOW_PARKED,         /* int (void): how often it arrived */
  BELOW_TAKE_REAL_PARK, /* void (uint64_t *at): the blob's own handler for it; *at is where the last one interrupted */
};
#endif
