/* MPI_THREAD_MULTIPLE: every thread sends, receives and reduces on a communicator of its own, with messages in flight. */
#include <pthread.h>

#include "story.h"

enum { THREADS = 3, LAG = 3, SLOTS = LAG + 1, WORDS = 12000 };
typedef struct {
  int number, to, from;
  uint64_t sum;
  MPI_Comm comm;
  uint64_t out[SLOTS][WORDS], in[SLOTS][WORDS];
  MPI_Request sends[SLOTS], receives[SLOTS];
} Worker;
static Worker workers[THREADS];

static int length_of(int step) {
  return step % 4 == 1 ? WORDS : 3;
}
static uint64_t seed_of(const Worker *w, int sender, int step) {
  return (uint64_t)w->number << 48 | (uint64_t)sender << 32 | (uint64_t)step;
}
static void finish(Worker *w, int step) {
  int slot = step % SLOTS, count;
  MPI_Status status;
  if (step % 2)
    MPI_Wait(&w->receives[slot], &status);
  else
    MPI_Recv(w->in[slot], WORDS, MPI_UINT64_T, MPI_ANY_SOURCE, step, w->comm, &status);
  MPI_Get_count(&status, MPI_UINT64_T, &count);
  CHECK(count == length_of(step) && status.MPI_SOURCE == w->from && status.MPI_TAG == step);
  CHECK(story_holds(w->in[slot], (size_t)count, seed_of(w, w->from, step)));
  MPI_Wait(&w->sends[slot], MPI_STATUS_IGNORE);
  w->sum += w->in[slot][0];
}

static void *work(void *argument) {
  Worker *w = argument;
  for (int step = 0; step < story_steps; step++) {
    int slot = step % SLOTS;
    usleep((useconds_t)(story_milliseconds * 900 + w->number * 200));
    if (step % 2) MPI_Irecv(w->in[slot], WORDS, MPI_UINT64_T, w->from, step, w->comm, &w->receives[slot]);
    story_fill(w->out[slot], (size_t)length_of(step), seed_of(w, story_rank, step));
    MPI_Isend(w->out[slot], length_of(step), MPI_UINT64_T, w->to, step, w->comm, &w->sends[slot]);
    if (step >= LAG) finish(w, step - LAG);
    if (step % (5 + w->number) == 0) {
      int mine = story_rank + step, sum;
      MPI_Allreduce(&mine, &sum, 1, MPI_INT, MPI_SUM, w->comm);
      CHECK(sum == story_size * step + story_size * (story_size - 1) / 2);
    }
  }
  for (int step = story_steps > LAG ? story_steps - LAG : 0; step < story_steps; step++) finish(w, step);
  return NULL;
}

int main(int argc, char **argv) {
  pthread_t threads[THREADS];
  story_begin_threads("multiple", &argc, &argv, MPI_THREAD_MULTIPLE);
  for (int i = 0; i < THREADS; i++) {
    workers[i].number = i;
    workers[i].to = (story_rank + 1) % story_size;
    workers[i].from = (story_rank + story_size - 1) % story_size;
    MPI_Comm_dup(MPI_COMM_WORLD, &workers[i].comm);
  }
  /* The main thread works too, in its turn of the steps. */
  for (int i = 1; i < THREADS; i++) CHECK(pthread_create(&threads[i], NULL, work, &workers[i]) == 0);
  work(&workers[0]);
  for (int i = 1; i < THREADS; i++) CHECK(pthread_join(threads[i], NULL) == 0);
  for (int i = 0; i < THREADS; i++) {
    story_add(&workers[i].sum, sizeof workers[i].sum);
    MPI_Comm_free(&workers[i].comm);
  }
  return story_end();
}
