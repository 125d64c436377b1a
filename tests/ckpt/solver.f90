! A Jacobi solver through mpif.h: halos by persistent and nonblocking requests, a derived type for its columns, MPI_IN_PLACE,
! residuals checked for falling. Arguments and result line as story.h has them.
program solver
  implicit none
  include 'mpif.h'
  integer, parameter :: n = 96
  double precision :: u(0:n+1, 0:n+1), v(n, n), change, largest, last
  integer :: ierr, rank, size, steps, step, up, down, row, requests(4), ring, counts(2), total
  integer :: status(MPI_STATUS_SIZE, 4), dims(1)
  logical :: periods(1)
  character(len=16) :: word, pace
  integer(kind=8) :: bits, hash

  call MPI_INIT(ierr)
  call MPI_COMM_SIZE(MPI_COMM_WORLD, size, ierr)
  dims(1) = size
  periods(1) = .false.
  call MPI_CART_CREATE(MPI_COMM_WORLD, 1, dims, periods, .false., ring, ierr)
  call MPI_COMM_RANK(ring, rank, ierr)
  call MPI_CART_SHIFT(ring, 0, 1, up, down, ierr)
  steps = 150
  if (command_argument_count() >= 1) then
    call get_command_argument(1, word)
    read (word, *) steps
  end if
  pace = ' '
  if (command_argument_count() >= 2) call get_command_argument(2, pace)

  u = 0d0
  if (rank == 0) u(0, :) = 100d0
  u(:, 0) = 50d0 + 10d0 * rank
  call MPI_TYPE_VECTOR(n, 1, n + 2, MPI_DOUBLE_PRECISION, row, ierr)
  call MPI_TYPE_COMMIT(row, ierr)
  call MPI_SEND_INIT(u(1, 1), 1, row, up, 1, ring, requests(1), ierr)
  call MPI_SEND_INIT(u(n, 1), 1, row, down, 2, ring, requests(2), ierr)
  last = huge(last)
  do step = 1, steps
    call pause_a_little(rank, step)
    call MPI_IRECV(u(n+1, 1), 1, row, down, 1, ring, requests(3), ierr)
    call MPI_IRECV(u(0, 1), 1, row, up, 2, ring, requests(4), ierr)
    call MPI_STARTALL(2, requests, ierr)
    call MPI_WAITALL(4, requests, status, ierr)
    if (down /= MPI_PROC_NULL .and. status(MPI_TAG, 3) /= 1) call wrong(step)
    v = 0.25d0 * (u(0:n-1, 1:n) + u(2:n+1, 1:n) + u(1:n, 0:n-1) + u(1:n, 2:n+1))
    change = maxval(abs(v - u(1:n, 1:n)))
    u(1:n, 1:n) = v
    largest = change
    call MPI_ALLREDUCE(MPI_IN_PLACE, largest, 1, MPI_DOUBLE_PRECISION, MPI_MAX, ring, ierr)
    if (largest > last .or. largest < change) call wrong(step)
    last = largest
    counts = (/ rank, step /)
    call MPI_REDUCE(counts, dims, 1, MPI_INTEGER, MPI_SUM, 0, ring, ierr)
    if (rank == 0 .and. dims(1) /= size * (size - 1) / 2) call wrong(step)
  end do
  call MPI_REQUEST_FREE(requests(1), ierr)
  call MPI_REQUEST_FREE(requests(2), ierr)

  hash = 0
  do step = 1, n
    bits = transfer(u(step, step), bits)
    hash = ieor(ishftc(hash, 7 + rank), bits)
  end do
  call MPI_ALLREDUCE(MPI_IN_PLACE, hash, 1, MPI_INTEGER8, MPI_BXOR, ring, ierr)
  total = 1
  call MPI_ALLREDUCE(MPI_IN_PLACE, total, 1, MPI_INTEGER, MPI_SUM, ring, ierr)
  if (total /= size) call wrong(0)
  if (rank == 0) print '(a,z16.16)', 'OK solver ', hash
  call MPI_TYPE_FREE(row, ierr)
  call MPI_COMM_FREE(ring, ierr)
  call MPI_FINALIZE(ierr)

contains

  subroutine wrong(at)
    integer, intent(in) :: at
    write (0, '(a,i0,a,i0)') 'solver.f90: wrong on rank ', rank, ' in step ', at
    call MPI_ABORT(MPI_COMM_WORLD, 99, ierr)
  end subroutine

  ! About ten milliseconds of arithmetic, a little more on odd ranks; none at the highest pace, which a restart may ask for.
  subroutine pause_a_little(which, now)
    integer, intent(in) :: which, now
    double precision :: x
    integer :: i, unset
    character(len=16) :: told
    call get_environment_variable('STORY_MILLISECONDS', told, status=unset)
    if (unset == 0) pace = told
    if (pace == '2') return
    x = 0.31d0
    do i = 1, 2000000 + 200000 * mod(which + now, 2)
      x = 3.9d0 * x * (1d0 - x)
    end do
    if (x < 0d0 .or. x > 1d0) call wrong(now)
  end subroutine
end program
