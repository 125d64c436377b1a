! Fortran through `use mpi_f08`: typed handles, statuses, optional ierror, callbacks, sentinels.
program fortran2008
  use mpi_f08
  use, intrinsic :: iso_c_binding
  implicit none
  type(MPI_Comm) :: comm, dup
  type(MPI_Status) :: status, statuses(2)
  type(MPI_Request) :: requests(2)
  type(MPI_Datatype) :: column
  type(MPI_Op) :: op
  type(MPI_Errhandler) :: handler
  integer :: rank, size, i, failures = 0, total, code, keyval, length
  integer :: values(8), sums(8), peer, index
  integer(MPI_ADDRESS_KIND) :: extra, value
  logical :: flag
  character(len=MPI_MAX_OBJECT_NAME) :: name
  real(8) :: block(4, 4)

  call MPI_Init()
  comm = MPI_COMM_WORLD
  call MPI_Comm_rank(comm, rank)
  call MPI_Comm_size(comm, size)
  values = [(i + rank, i=1, 8)]
  sums = values
  call MPI_Allreduce(MPI_IN_PLACE, sums, 8, MPI_INTEGER, MPI_SUM, comm)
  do i = 1, 8
    if (sums(i) /= size*i + size*(size - 1)/2) failures = failures + 1
  end do

  peer = mod(rank + 1, size)
  call MPI_Irecv(sums, 8, MPI_INTEGER, MPI_ANY_SOURCE, 7, comm, requests(1))
  call MPI_Isend(values, 8, MPI_INTEGER, peer, 7, comm, requests(2))
  call MPI_Waitall(2, requests, statuses)
  if (statuses(1)%MPI_SOURCE /= mod(rank + size - 1, size) .or. statuses(1)%MPI_TAG /= 7) failures = failures + 1
  call MPI_Get_count(statuses(1), MPI_INTEGER, length)
  if (length /= 8) failures = failures + 1
  if (requests(1) /= MPI_REQUEST_NULL) failures = failures + 1
  call MPI_Sendrecv(values, 1, MPI_INTEGER, peer, 1, sums, 1, MPI_INTEGER, MPI_ANY_SOURCE, 1, comm, MPI_STATUS_IGNORE)

  call MPI_Comm_dup(comm, dup)
  call MPI_Comm_set_name(dup, ' a name ')
  call MPI_Comm_get_name(dup, name, length)
  if (name /= 'a name' .or. length /= 6) failures = failures + 1
  call MPI_Comm_compare(comm, dup, code)
  if (code /= MPI_CONGRUENT) failures = failures + 1

  extra = 42
  call MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, keyval, extra)
  value = 4711_MPI_ADDRESS_KIND*1000000000
  call MPI_Comm_set_attr(comm, keyval, value)
  value = 0
  call MPI_Comm_get_attr(comm, keyval, value, flag)
  if (.not. flag .or. value /= 4711_MPI_ADDRESS_KIND*1000000000) failures = failures + 1
  call MPI_Comm_get_attr(comm, MPI_TAG_UB, value, flag)
  if (.not. flag .or. value < 32767) failures = failures + 1

  call MPI_Op_create(larger, .true., op)
  call MPI_Allreduce(values, sums, 8, MPI_INTEGER, op, comm)
  if (sums(1) /= size) failures = failures + 1
  call MPI_Op_free(op)

  block = reshape([(real(i, 8), i=1, 16)], [4, 4])
  call MPI_Type_vector(4, 1, 4, MPI_DOUBLE_PRECISION, column)
  call MPI_Type_commit(column)
  call MPI_Isend(block, 1, column, rank, 3, comm, requests(1))
  call MPI_Recv(block(:, 4), 4, MPI_DOUBLE_PRECISION, rank, 3, comm, status)
  call MPI_Wait(requests(1), MPI_STATUS_IGNORE)
  if (block(2, 4) /= 5) failures = failures + 1
  call MPI_Type_free(column)

  call MPI_Comm_create_errhandler(noted, handler)
  call MPI_Comm_set_errhandler(dup, handler)
  index = 0
  call MPI_Send(values, 1, MPI_INTEGER, size + 5, 0, dup, code)
  if (index /= 1 .or. code == MPI_SUCCESS) failures = failures + 1
  call MPI_Comm_free(dup)
  if (dup /= MPI_COMM_NULL) failures = failures + 1

  call MPI_Reduce(failures, total, 1, MPI_INTEGER, MPI_SUM, 0, comm)
  if (rank == 0) then
    if (total == 0) then
      print '(a,i0)', 'RESULT fortran2008 ok on ', size
    else
      print '(a,i0)', 'RESULT fortran2008 failures=', total
    end if
  end if
  call MPI_Finalize()

contains
  subroutine larger(invec, inoutvec, len, datatype)
    type(c_ptr), value :: invec, inoutvec
    integer :: len
    type(MPI_Datatype) :: datatype
    integer, pointer :: in(:), inout(:)
    if (datatype /= MPI_INTEGER) return
    call c_f_pointer(invec, in, [len])
    call c_f_pointer(inoutvec, inout, [len])
    inout = max(in, inout)
  end subroutine
  subroutine noted(comm, error_code)
    type(MPI_Comm) :: comm
    integer :: error_code
    if (comm == dup .and. error_code /= 0) index = index + 1
  end subroutine
end program
