! Fortran through `use mpi`: array sections, derived types for them, power iteration with checkable values.
program fortran90
  use mpi
  implicit none
  integer, parameter :: n = 60
  integer :: ierr, rank, size, step, i, j, lower, upper, total, failures = 0, column, provided, request
  integer, allocatable :: counts(:), places(:)
  real(8), allocatable :: a(:, :), y(:)
  real(8) :: x(n), norm, block(8, 8)
  integer :: status(MPI_STATUS_SIZE)
  character(len=MPI_MAX_PROCESSOR_NAME) :: name
  logical :: flag

  call MPI_Init_thread(MPI_THREAD_FUNNELED, provided, ierr)
  call MPI_Comm_rank(MPI_COMM_WORLD, rank, ierr)
  call MPI_Comm_size(MPI_COMM_WORLD, size, ierr)
  allocate (counts(size), places(size))
  do i = 1, size
    places(i) = n*(i - 1)/size
    counts(i) = n*i/size - places(i)
  end do
  lower = places(rank + 1) + 1
  upper = lower + counts(rank + 1) - 1
  allocate (a(lower:upper, n), y(lower:upper))
  do j = 1, n
    do i = lower, upper
      a(i, j) = 1d0/(i + j)
    end do
  end do
  x = 1d0
  do step = 1, 30
    y = matmul(a, x)
    norm = dot_product(y, y)
    call MPI_Allreduce(MPI_IN_PLACE, norm, 1, MPI_DOUBLE_PRECISION, MPI_SUM, MPI_COMM_WORLD, ierr)
    y = y/sqrt(norm)
    call MPI_Allgatherv(y, counts(rank + 1), MPI_DOUBLE_PRECISION, x, counts, places, MPI_DOUBLE_PRECISION, &
                        MPI_COMM_WORLD, ierr)
  end do

  ! a row of a matrix is strided in Fortran: sent as a vector type to oneself, into a column
  block = reshape([(real(i, 8), i=1, 64)], [8, 8])
  call MPI_Type_vector(8, 1, 8, MPI_DOUBLE_PRECISION, column, ierr)
  call MPI_Type_commit(column, ierr)
  call MPI_Isend(block(3, 1), 1, column, rank, 1, MPI_COMM_WORLD, request, ierr)
  call MPI_Recv(block(:, 8), 8, MPI_DOUBLE_PRECISION, rank, 1, MPI_COMM_WORLD, status, ierr)
  call MPI_Test(request, flag, MPI_STATUS_IGNORE, ierr)
  if (.not. flag) call MPI_Wait(request, MPI_STATUS_IGNORE, ierr)
  do i = 1, 7
    if (block(i, 8) /= 3 + 8*(i - 1)) failures = failures + 1
  end do
  call MPI_Type_free(column, ierr)
  call MPI_Get_processor_name(name, i, ierr)
  if (i < 1 .or. len_trim(name) /= i) failures = failures + 1

  call MPI_Reduce(failures, total, 1, MPI_INTEGER, MPI_SUM, 0, MPI_COMM_WORLD, ierr)
  if (rank == 0) then
    print '(a,i0,a,z16.16,a,i0)', 'RESULT fortran90 on ', size, ' ranks: ', norm, ' failures=', total
  end if
  call MPI_Finalize(ierr)
end program fortran90
