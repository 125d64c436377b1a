/* What a program may have found that the processor can do, and may go on using after a restart. */
#ifndef MANA_AGENT_CPU_FEATURES_H
#define MANA_AGENT_CPU_FEATURES_H
#include <stddef.h>
#include <stdint.h>

#include "image_format.h"

/* Of this processor: words of image_identity.cpu. */
void cpu_features_read(uint64_t words[IMAGE_CPU_WORDS]);
/* How many there are of `had` and not of `have`; their names go into `names`, separated by ", ", as many as fit. */
int cpu_features_missing(const uint64_t had[IMAGE_CPU_WORDS], const uint64_t have[IMAGE_CPU_WORDS], char *names,
                         size_t size);
#endif
