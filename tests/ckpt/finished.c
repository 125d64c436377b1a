/* Goes on for as long as the others, but after MPI_Finalize: no checkpoint can be taken of it any more. */
#include "story.h"

int main(int argc, char **argv) {
  story_begin("finished", &argc, &argv);
  story_end();
  for (int step = 0; story_goes_on(step); step++) CHECK(story_orbit > 0);
  return 0;
}
