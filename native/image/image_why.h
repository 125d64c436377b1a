/* Reasons of failure, for the user: what happened, to which file. */
#ifndef MANA_IMAGE_WHY_H
#define MANA_IMAGE_WHY_H
/* Formats the reason into `why` (IMAGE_WHY_SIZE); always -1, so that `return image_why(...)` passes it on. */
int image_why(char *why, const char *format, ...) __attribute__((format(printf, 2, 3)));
#endif
