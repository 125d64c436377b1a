/* Choice buffers of MPICH's mpi_f08 module: TYPE(*), DIMENSION(..) arrives as gfortran's descriptor of an array (libgfortran.h, the
 * same since GCC 9). */
#ifndef MANA_FORTRAN_F08_H
#define MANA_FORTRAN_F08_H
#include "f08_jump.h"
#include "fortran.h"

struct f08_array {
  void *base; /* the first element */
  size_t offset;
  size_t element_size;
  int version;
  signed char rank, type;
  short attribute;
  ptrdiff_t span;
  struct {
    ptrdiff_t stride, lower, upper; /* stride in elements */
  } dim[];
};

/* The address of a contiguous array or a scalar. Sections with gaps end the program: `name` says where. */
void *f08_contiguous(const void *descriptor, const char *name) __attribute__((visibility("hidden")));

/* The conversions of choice buffers, for what is generated after this: their argument is a descriptor. */
#define f_buffer(buffer) f_buffer(f08_contiguous(buffer, __func__))
#define f_is_in_place(buffer) f_is_in_place(f08_contiguous(buffer, __func__))
#endif
