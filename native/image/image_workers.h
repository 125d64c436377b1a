/* Several threads at one piece of work: where an image is written or read. */
#ifndef MANA_IMAGE_WORKERS_H
#define MANA_IMAGE_WORKERS_H

enum { IMAGE_WORKERS_MAX = 4 };

/* As many as pay: the processors that the calling thread may run on, at most IMAGE_WORKERS_MAX. Ranks that are bound to one have one. */
int image_workers_count(void);
/* Runs `work` in so many threads, of which the calling one is the first, and returns when all have returned. Where fewer threads can be
 * started, fewer work: it must be enough if one does. */
void image_workers_run(int count, void (*work)(void *argument), void *argument);
#endif
