/* Synchronous sends are complete when their messages have been received by the program, and no sooner, wherever those were when a checkpoint came.
 * Two ways to notice: a sparse exchange that ends by a barrier behind such sends, and a note that the receiver makes before it receives. Nor
 * does what the ranks ask each other about them come to a receive of the program's. */
#include <fcntl.h>
#include <sys/stat.h>

#include "story.h"

enum { MESSAGES = 3, PLACES = 2, SENDS = MESSAGES * PLACES, MOST_WORDS = 3000, TAG = 7, NOTE_TAG = 8, WIDE_TAG = 9 };
static MPI_Comm comm;
static uint64_t out[SENDS][MOST_WORDS], in[MOST_WORDS];

static int words_of(int step, int number) {
  return (step * 31 + number) % 4 == 0 ? MOST_WORDS : 1 + number;
}
static uint64_t seed_of(int source, int step, int number) {
  return ((uint64_t)source * 1000 + (uint64_t)step) * 16 + (uint64_t)number;
}

/* Of three messages to one place, with one tag, the one in the middle is no synchronous one. */
static void send_all(int step, MPI_Request requests[SENDS]) {
  for (int i = 0; i < SENDS; i++) {
    int to = (story_rank + i / MESSAGES) % story_size, number = i % MESSAGES, n = words_of(step, number);
    story_fill(out[i], (size_t)n, seed_of(story_rank, step, number));
    if (number == 1) {
      MPI_Isend(out[i], n, MPI_UINT64_T, to, TAG, comm, &requests[i]);
    } else {
      MPI_Issend(out[i], n, MPI_UINT64_T, to, TAG, comm, &requests[i]);
    }
  }
}

/* At most one message a turn, so that some lie about for a while. Its words. */
static int receive_one(int step, int *numbers) {
  MPI_Status status;
  int flag, n;
  MPI_Iprobe(MPI_ANY_SOURCE, TAG, comm, &flag, &status);
  if (!flag) return 0;
  int source = status.MPI_SOURCE, number = numbers[source]++;
  MPI_Recv(in, MOST_WORDS, MPI_UINT64_T, source, TAG, comm, &status);
  MPI_Get_count(&status, MPI_UINT64_T, &n);
  CHECK(number < MESSAGES && n == words_of(step, number));
  CHECK(story_holds(in, (size_t)n, seed_of(source, step, number)));
  return n;
}

static int all_are_complete(int step, MPI_Request requests[SENDS]) {
  int flag = 0, index = 0, count = 0, indices[SENDS];
  switch (step % 4) {
    case 0: MPI_Testall(SENDS, requests, &flag, MPI_STATUSES_IGNORE); return flag;
    case 1: MPI_Testany(SENDS, requests, &index, &flag, MPI_STATUS_IGNORE); return flag && index == MPI_UNDEFINED;
    case 2: MPI_Testsome(SENDS, requests, &count, indices, MPI_STATUSES_IGNORE); return count == MPI_UNDEFINED;
    default:
      while (index < SENDS && requests[index] == MPI_REQUEST_NULL) index++;
      if (index < SENDS) MPI_Test(&requests[index], &flag, MPI_STATUS_IGNORE);
      return index == SENDS;
  }
}

/* When nobody's sends are pending any more, all messages have been received: that is what the barrier tells. */
static void exchange(int step) {
  MPI_Request requests[SENDS], barrier = MPI_REQUEST_NULL;
  int *numbers = calloc((size_t)story_size, sizeof *numbers), received = 0, words = 0, over = 0;
  struct timespec pause = {0, 300000};
  CHECK(numbers);
  send_all(step, requests);
  while (!over) {
    int n = receive_one(step, numbers);
    words += n;
    received += n > 0;
    nanosleep(&pause, NULL);
    if (barrier != MPI_REQUEST_NULL) {
      MPI_Test(&barrier, &over, MPI_STATUS_IGNORE);
    } else if (all_are_complete(step, requests)) {
      MPI_Ibarrier(comm, &barrier);
    }
  }
  CHECK(received == SENDS);
  story_add(&words, sizeof words);
  free(numbers);
}

/* A send that the receiver has taken, and its sender not yet heard of, while receives are posted that would take anything: a checkpoint asks
 * about that send, and no answer may come to the program. */
static void keep_wide_receives(int step) {
  int left = (story_rank + story_size - 1) % story_size, right = (story_rank + 1) % story_size;
  uint64_t sent[3], got[3] = {0};
  MPI_Request send, receive[3];
  MPI_Status status[3];
  struct timespec pause = {0, 3000000};
  for (int i = 0; i < 3; i++) sent[i] = story_word((uint64_t)(story_rank * 3 + i), (uint64_t)step);
  MPI_Irecv(&got[0], 1, MPI_UINT64_T, left, WIDE_TAG, comm, &receive[0]);
  MPI_Issend(&sent[0], 1, MPI_UINT64_T, right, WIDE_TAG, comm, &send);
  MPI_Wait(&receive[0], &status[0]);
  MPI_Irecv(&got[1], 1, MPI_UINT64_T, left, MPI_ANY_TAG, comm, &receive[1]);
  MPI_Irecv(&got[2], 1, MPI_UINT64_T, MPI_ANY_SOURCE, 0, comm, &receive[2]);
  nanosleep(&pause, NULL);
  MPI_Wait(&send, MPI_STATUS_IGNORE);
  MPI_Send(&sent[1], 1, MPI_UINT64_T, right, NOTE_TAG, comm);
  MPI_Send(&sent[2], 1, MPI_UINT64_T, right, 0, comm);
  MPI_Waitall(2, &receive[1], &status[1]);
  CHECK(status[1].MPI_TAG == NOTE_TAG && status[2].MPI_TAG == 0 && status[2].MPI_SOURCE == left);
  for (int i = 0; i < 3; i++) CHECK(got[i] == story_word((uint64_t)(left * 3 + i), (uint64_t)step));
}

/* Odd ranks note that they are about to receive; even ones look at the note after the send. */
static void look_at_note(int step, int note, MPI_Request *persistent, uint64_t *word) {
  struct stat file;
  struct timespec late = {0, (step % 3) * 2000000};
  int peer = story_rank ^ 1;
  if (peer >= story_size) return;
  *word = story_word((uint64_t)step, 5);
  if (story_rank & 1) {
    nanosleep(&late, NULL);
    CHECK(write(note, "x", 1) == 1);
    MPI_Recv(word, 1, MPI_UINT64_T, peer, NOTE_TAG, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    CHECK(*word == story_word((uint64_t)step, 5));
    return;
  }
  if (step % 2) {
    MPI_Ssend(word, 1, MPI_UINT64_T, peer, NOTE_TAG, MPI_COMM_WORLD);
  } else {
    MPI_Start(persistent);
    MPI_Wait(persistent, MPI_STATUS_IGNORE);
  }
  CHECK(fstat(note, &file) == 0 && file.st_size == step + 1);
}

int main(int argc, char **argv) {
  char name[64];
  uint64_t word;
  MPI_Request persistent = MPI_REQUEST_NULL;
  story_begin("synchronous", &argc, &argv);
  MPI_Comm_dup(MPI_COMM_WORLD, &comm);
  snprintf(name, sizeof name, "synchronous-%d", story_rank | 1);
  if (story_rank & 1) unlink(name);
  int note = story_rank & 1 ? open(name, O_CREAT | O_WRONLY | O_APPEND, 0600) : -1;
  MPI_Barrier(MPI_COMM_WORLD);
  int has_note = (story_rank ^ 1) < story_size;
  if (has_note && !(story_rank & 1)) note = open(name, O_RDONLY);
  CHECK(note >= 0 || !has_note);
  if (has_note) MPI_Ssend_init(&word, 1, MPI_UINT64_T, story_rank ^ 1, NOTE_TAG, MPI_COMM_WORLD, &persistent);
  for (int step = 0; story_goes_on(step); step++) {
    exchange(step);
    keep_wide_receives(step);
    look_at_note(step, note, &persistent, &word);
  }
  if (has_note) MPI_Request_free(&persistent);
  if (note >= 0) close(note);
  MPI_Barrier(MPI_COMM_WORLD);
  if (story_rank & 1) unlink(name);
  MPI_Comm_free(&comm);
  return story_end();
}
