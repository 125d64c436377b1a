/* Extensions that ask what the MPI library was built with: ours moves no GPU buffers by itself. */
#include "core_auto.h"

int core_MPIX_Query_cuda_support(void) {
  return 0;
}
int core_MPIX_Query_hip_support(void) {
  return 0;
}
int core_MPIX_Query_ze_support(void) {
  return 0;
}
int core_MPIX_GPU_query_support(int gpu_type, int *is_supported) {
  (void)gpu_type;
  *is_supported = 0;
  return MANA_SUCCESS;
}
