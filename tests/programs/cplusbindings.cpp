// The C++ bindings of MPI-2, which both mpicxx still link: reductions and attributes of C++ functions.
#include "check.h"

static void add(const void *in, void *inout, int count, const MPI::Datatype &type) {
  CHECK(type == MPI::INT);
  for (int i = 0; i < count; i++) static_cast<int *>(inout)[i] += static_cast<const int *>(in)[i];
}
static void multiply(const void *in, void *inout, int count, const MPI::Datatype &) {
  for (int i = 0; i < count; i++) static_cast<int *>(inout)[i] *= static_cast<const int *>(in)[i];
}

static int copied, deleted;
static int copy(const MPI::Comm &, int, void *, void *in, void *out, bool &flag) {
  copied++;
  *static_cast<void **>(out) = static_cast<char *>(in) + 1;
  flag = true;
  return MPI::SUCCESS;
}
static int remove(MPI::Comm &, int, void *, void *) {
  deleted++;
  return MPI::SUCCESS;
}

static void reductions() {
  int rank = MPI::COMM_WORLD.Get_rank(), size = MPI::COMM_WORLD.Get_size();
  MPI::Op sum, product;
  sum.Init(add, true);
  product.Init(multiply, true);
  int value = rank + 1, result = 0, factorial = 1;
  MPI::COMM_WORLD.Allreduce(&value, &result, 1, MPI::INT, sum);
  CHECK(result == size * (size + 1) / 2);
  for (int i = 2; i <= size; i++) factorial *= i;
  MPI::COMM_WORLD.Allreduce(&value, &result, 1, MPI::INT, product);
  CHECK(result == factorial);
  check_record("%d", result);
  sum.Free();
  product.Free();
}

static void attributes() {
  int keyval = MPI::Comm::Create_keyval(copy, remove, nullptr);
  char value[2];
  void *found = nullptr;
  MPI::Intracomm first = MPI::COMM_WORLD.Dup();
  first.Set_attr(keyval, value);
  MPI::Intracomm second = first.Dup();
  CHECK(second.Get_attr(keyval, &found) && found == value + 1 && copied == 1);
  first.Free();
  second.Free();
  CHECK(deleted == 2);
  MPI::Comm::Free_keyval(keyval);
}

int main(int argc, char **argv) {
  MPI::Init(argc, argv);
  reductions();
  attributes();
  return check_finish("cplusbindings");
}
