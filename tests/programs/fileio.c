/* MPI-IO: explicit offsets, individual and shared pointers, views, collective and nonblocking calls, file information.
 * Works in the current folder, on fileio.dat. */
#include "check.h"

#define BLOCK 256
static int rank, size;
static const char path[] = "fileio.dat";

static MPI_File opened(int mode) {
  MPI_File file;
  CHECK(MPI_File_open(MPI_COMM_WORLD, path, mode, MPI_INFO_NULL, &file) == MPI_SUCCESS);
  return file;
}

static void explicit_offsets(void) {
  int out[BLOCK], in[BLOCK], count;
  MPI_Status status;
  MPI_Offset bytes;
  MPI_File file = opened(MPI_MODE_CREATE | MPI_MODE_RDWR);
  MPI_File_set_size(file, 0);
  for (int i = 0; i < BLOCK; i++) out[i] = rank * BLOCK + i;
  MPI_File_write_at_all(file, rank * (MPI_Offset)sizeof out, out, BLOCK, MPI_INT, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(count == BLOCK);
  MPI_File_sync(file);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_File_get_size(file, &bytes);
  CHECK(bytes == size * (MPI_Offset)sizeof out);
  int other = (rank + 1) % size;
  MPI_File_read_at(file, other * (MPI_Offset)sizeof in, in, BLOCK, MPI_INT, &status);
  for (int i = 0; i < BLOCK; i++) CHECK(in[i] == other * BLOCK + i);
  MPI_Request request;
  MPI_File_iread_at(file, rank * (MPI_Offset)sizeof in, in, BLOCK, MPI_INT, &request);
  MPI_Wait(&request, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(count == BLOCK && memcmp(in, out, sizeof in) == 0);
  MPI_File_read_at(file, size * (MPI_Offset)sizeof in - 8, in, BLOCK, MPI_INT,
                   &status); /* the end of the file is near */
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(count == 2);
  MPI_File_close(&file);
  CHECK(file == MPI_FILE_NULL);
}

/* Each rank sees every size-th block of 4 ints only. */
static void views(void) {
  int in[BLOCK], count;
  MPI_Datatype blocks, got_element, got_type;
  MPI_Status status;
  MPI_Offset position, at;
  char representation[MPI_MAX_DATAREP_STRING];
  MPI_File file = opened(MPI_MODE_RDONLY);
  MPI_Type_vector(BLOCK / 4, 4, 4 * size, MPI_INT, &blocks);
  MPI_Type_commit(&blocks);
  MPI_File_set_view(file, rank * 4 * (MPI_Offset)sizeof(int), MPI_INT, blocks, "native", MPI_INFO_NULL);
  MPI_File_get_view(file, &at, &got_element, &got_type, representation);
  CHECK(at == rank * 4 * (MPI_Offset)sizeof(int) && strcmp(representation, "native") == 0 && got_element == MPI_INT);
  int integers, addresses, types, combiner;
  MPI_Type_get_envelope(got_type, &integers, &addresses, &types, &combiner);
  if (combiner != MPI_COMBINER_NAMED) MPI_Type_free(&got_type);
  MPI_Type_free(&blocks);
  MPI_File_read_all(file, in, BLOCK, MPI_INT, &status);
  MPI_Get_count(&status, MPI_INT, &count);
  CHECK(count == BLOCK);
  for (int i = 0; i < BLOCK; i++) CHECK(in[i] == i / 4 * 4 * size + rank * 4 + i % 4);
  MPI_File_get_position(file, &position);
  CHECK(position == BLOCK);
  MPI_File_get_byte_offset(file, 4, &at);
  CHECK(at == (rank * 4 + 4 * size) * (MPI_Offset)sizeof(int));
  MPI_File_seek(file, 4, MPI_SEEK_SET);
  MPI_File_read(file, in, 1, MPI_INT, MPI_STATUS_IGNORE);
  CHECK(in[0] == 4 * size + rank * 4);
  MPI_File_close(&file);
}

static void shared_pointer(void) {
  int value = rank + 1, seen[16], sum = 0;
  MPI_Offset bytes;
  MPI_File file = opened(MPI_MODE_CREATE | MPI_MODE_RDWR);
  MPI_File_set_size(file, 0);
  MPI_File_write_ordered(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE);
  MPI_File_write_shared(file, &value, 1, MPI_INT, MPI_STATUS_IGNORE);
  MPI_Barrier(MPI_COMM_WORLD);
  MPI_File_get_size(file, &bytes);
  CHECK(bytes == 2 * size * (MPI_Offset)sizeof(int));
  MPI_File_read_at_all(file, 0, seen, 2 * size, MPI_INT, MPI_STATUS_IGNORE);
  for (int i = 0; i < size; i++) CHECK(seen[i] == i + 1);
  for (int i = size; i < 2 * size; i++) sum += seen[i];
  CHECK(sum == size * (size + 1) / 2);
  MPI_File_close(&file);
}

static void about_the_file(void) {
  int mode, flag, members;
  MPI_Info info, got;
  MPI_Group group;
  MPI_Info_create(&info);
  MPI_Info_set(info, "cb_buffer_size", "1048576");
  MPI_File file;
  MPI_File_open(MPI_COMM_WORLD, path, MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE, info, &file);
  MPI_Info_free(&info);
  MPI_File_get_amode(file, &mode);
  CHECK(mode == (MPI_MODE_RDWR | MPI_MODE_DELETE_ON_CLOSE));
  MPI_File_get_group(file, &group);
  MPI_Group_size(group, &members);
  CHECK(members == size);
  MPI_Group_free(&group);
  MPI_File_get_info(file, &got);
  CHECK(got != MPI_INFO_NULL);
  MPI_Info_free(&got);
  MPI_File_set_atomicity(file, 1);
  MPI_File_get_atomicity(file, &flag);
  CHECK(flag == 1);
  MPI_File_close(&file);
  MPI_Barrier(MPI_COMM_WORLD);
  CHECK(MPI_File_open(MPI_COMM_WORLD, path, MPI_MODE_RDONLY, MPI_INFO_NULL, &file) != MPI_SUCCESS);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  rank = check_rank(), size = check_size();
  explicit_offsets();
  views();
  shared_pointer();
  about_the_file();
  return check_finish("fileio");
}
