// A C++ program: templates, exceptions and standard containers around MPI calls, static objects made before main.
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.h"

template <typename T>
MPI_Datatype type_of();
template <>
MPI_Datatype type_of<double>() {
  return MPI_DOUBLE;
}
template <>
MPI_Datatype type_of<long>() {
  return MPI_LONG;
}

static const std::map<std::string, MPI_Op> operations = {{"sum", MPI_SUM}, {"max", MPI_MAX}, {"min", MPI_MIN}};

struct communicator {
  MPI_Comm raw = MPI_COMM_NULL;
  communicator() {
    MPI_Comm_dup(MPI_COMM_WORLD, &raw);
  }
  ~communicator() {
    MPI_Comm_free(&raw);
  }
  template <typename T>
  std::vector<T> reduce(const std::vector<T> &values, const std::string &operation) const {
    std::vector<T> result(values.size());
    int code = MPI_Allreduce(values.data(), result.data(), static_cast<int>(values.size()), type_of<T>(),
                             operations.at(operation), raw);
    if (code != MPI_SUCCESS) throw std::runtime_error("reduce failed");
    return result;
  }
};

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  const int rank = check_rank(), size = check_size();
  auto world = std::make_unique<communicator>();
  std::vector<double> values(1000);
  std::iota(values.begin(), values.end(), rank * 0.25);
  auto most = world->reduce(values, "max");
  CHECK(most[10] == 10 + (size - 1) * 0.25);
  std::vector<long> counts = {rank, 2L * rank};
  auto sums = world->reduce(counts, "sum");
  CHECK(sums[1] == static_cast<long>(size) * (size - 1));
  bool caught = false;
  try {
    world->reduce(counts, "average");
  } catch (const std::out_of_range &) {
    caught = true;
  }
  CHECK(caught);

  // strings of different lengths, gathered
  std::string word(static_cast<size_t>(rank) + 1, static_cast<char>('a' + rank));
  std::vector<int> lengths(static_cast<size_t>(size)), places(static_cast<size_t>(size));
  int length = static_cast<int>(word.size());
  MPI_Allgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, world->raw);
  std::exclusive_scan(lengths.begin(), lengths.end(), places.begin(), 0);
  std::string all(static_cast<size_t>(places.back() + lengths.back()), ' ');
  MPI_Allgatherv(word.data(), length, MPI_CHAR, all.data(), lengths.data(), places.data(), MPI_CHAR, world->raw);
  check_record("words=%s", all.c_str());
  world.reset();
  return check_finish("cplusplus");
}
