/* The sections of an image: each belongs to one part, which writes and reads it (save_stream.h). Numbers are for ever. */
#ifndef MANA_AGENT_SECTIONS_H
#define MANA_AGENT_SECTIONS_H
enum section_kind {
  SECTION_MPI = 1,         /* native/proxy: objects, requests, messages that were in flight */
  SECTION_DESCRIPTORS = 2, /* native/state */
  SECTION_SIGNALS = 3,
  SECTION_PROCESS = 4,
  SECTION_MPI_FILES = 5, /* native/state: files that are open through MPI and that this rank answers for */
  SECTION_MPI_NEEDS = 6, /* native/proxy: what of the site's own the objects are made of */
};
#endif
