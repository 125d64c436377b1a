/* Reading an image file; used by the files of image_read.h. */
#ifndef MANA_IMAGE_FILE_H
#define MANA_IMAGE_FILE_H
#include "image_read.h"

/* Reads all of it or fails. 0, or -1 with `why`. */
int image_file_read(const struct image *image, void *data, size_t length, uint64_t offset, char *why)
    __attribute__((warn_unused_result));
/* -1 with `why`: the file is damaged, at `part`. */
int image_file_damaged(const struct image *image, const char *part, char *why);

/* The tables say what they may say: of an image whose checksums are right. 0, or -1 with `why`. */
int image_tables_check(const struct image *image, const struct image_header *header, char *why)
    __attribute__((warn_unused_result));
#endif
