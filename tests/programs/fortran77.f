C     Fortran through mpif.h: sentinels from the COMMON blocks, LOGICALs,
C     hidden string lengths, statuses as integer arrays, user functions.
      program fortran77
      implicit none
      include 'mpif.h'
      integer ierr, rank, size, i, failures, total, next, prev
      integer status(MPI_STATUS_SIZE), statuses(MPI_STATUS_SIZE,2)
      integer requests(2), received, sent, op, newtype, comm, n
      integer values(4), sums(4), blocks(2), places(2), keyval, group
      logical flag
      logical periods(1), got_periods(1)
      integer dims(1), coords(1), cart
      integer(kind=MPI_ADDRESS_KIND) attribute, got_attribute
      double precision x, y
      character*(MPI_MAX_OBJECT_NAME) name
      character*(MPI_MAX_ERROR_STRING) text
      external largest
      failures = 0
      call MPI_INITIALIZED(flag, ierr)
      if (flag) failures = failures + 1
      call MPI_INIT(ierr)
      call MPI_INITIALIZED(flag, ierr)
      if (.not. flag) failures = failures + 1
      call MPI_COMM_RANK(MPI_COMM_WORLD, rank, ierr)
      call MPI_COMM_SIZE(MPI_COMM_WORLD, size, ierr)
      next = mod(rank + 1, size)
      prev = mod(rank + size - 1, size)

C     point to point, with a status and with MPI_STATUS(ES)_IGNORE
      sent = rank * 11
      call MPI_IRECV(received, 1, MPI_INTEGER, prev, 4, MPI_COMM_WORLD,
     &               requests(1), ierr)
      call MPI_ISEND(sent, 1, MPI_INTEGER, next, 4, MPI_COMM_WORLD,
     &               requests(2), ierr)
      call MPI_WAITALL(2, requests, statuses, ierr)
      if (received .ne. prev * 11) failures = failures + 1
      if (statuses(MPI_SOURCE,1) .ne. prev) failures = failures + 1
      if (statuses(MPI_TAG,1) .ne. 4) failures = failures + 1
      if (requests(1) .ne. MPI_REQUEST_NULL) failures = failures + 1
      call MPI_SENDRECV(sent, 1, MPI_INTEGER, next, 5, received, 1,
     &     MPI_INTEGER, MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD,
     &     status, ierr)
      call MPI_GET_COUNT(status, MPI_INTEGER, n, ierr)
      if (n .ne. 1 .or. status(MPI_TAG) .ne. 5) failures = failures + 1
      call MPI_SENDRECV(sent, 1, MPI_INTEGER, next, 6, received, 1,
     &     MPI_INTEGER, prev, 6, MPI_COMM_WORLD, MPI_STATUS_IGNORE,
     &     ierr)
      call MPI_IRECV(received, 1, MPI_INTEGER, prev, 7, MPI_COMM_WORLD,
     &               requests(1), ierr)
      call MPI_ISEND(sent, 1, MPI_INTEGER, next, 7, MPI_COMM_WORLD,
     &               requests(2), ierr)
      call MPI_WAITALL(2, requests, MPI_STATUSES_IGNORE, ierr)
      if (received .ne. prev * 11) failures = failures + 1

C     collectives, MPI_IN_PLACE, MPI_BOTTOM
      do i = 1, 4
        values(i) = rank + i
      end do
      call MPI_ALLREDUCE(values, sums, 4, MPI_INTEGER, MPI_SUM,
     &                   MPI_COMM_WORLD, ierr)
      total = size * (size - 1) / 2
      if (sums(2) .ne. total + 2 * size) failures = failures + 1
      call MPI_ALLREDUCE(MPI_IN_PLACE, values, 4, MPI_INTEGER, MPI_SUM,
     &                   MPI_COMM_WORLD, ierr)
      if (values(2) .ne. sums(2)) failures = failures + 1
      x = 0.5d0 + rank
      call MPI_REDUCE(x, y, 1, MPI_DOUBLE_PRECISION, MPI_MAX, 0,
     &                MPI_COMM_WORLD, ierr)
      if (rank .eq. 0 .and. y .ne. size - 0.5d0) failures = failures + 1
      call MPI_GET_ADDRESS(sent, attribute, ierr)
      call MPI_TYPE_CREATE_HINDEXED(1, 1, attribute, MPI_INTEGER,
     &                              newtype, ierr)
      call MPI_TYPE_COMMIT(newtype, ierr)
      call MPI_BCAST(MPI_BOTTOM, 1, newtype, 0, MPI_COMM_WORLD, ierr)
      if (sent .ne. 0) failures = failures + 1
      call MPI_TYPE_FREE(newtype, ierr)

C     an operation written in Fortran, on a derived type
      blocks(1) = 1
      blocks(2) = 1
      places(1) = 0
      places(2) = 2
      call MPI_TYPE_INDEXED(2, blocks, places, MPI_INTEGER, newtype,
     &                      ierr)
      call MPI_TYPE_COMMIT(newtype, ierr)
      call MPI_OP_CREATE(largest, .true., op, ierr)
      values(1) = rank
      call MPI_ALLREDUCE(values, sums, 1, MPI_INTEGER, op,
     &                   MPI_COMM_WORLD, ierr)
      if (sums(1) .ne. size - 1) failures = failures + 1
      call MPI_OP_FREE(op, ierr)
      call MPI_TYPE_FREE(newtype, ierr)

C     communicators, LOGICALs, strings, attributes, errors
      dims(1) = size
      periods(1) = .true.
      call MPI_CART_CREATE(MPI_COMM_WORLD, 1, dims, periods, .false.,
     &                     cart, ierr)
      call MPI_CART_GET(cart, 1, dims, got_periods, coords, ierr)
      if (.not. got_periods(1)) failures = failures + 1
      call MPI_COMM_SET_NAME(cart, 'the ring   ', ierr)
      call MPI_COMM_GET_NAME(cart, name, n, ierr)
      if (n .ne. 8 .or. name .ne. 'the ring') failures = failures + 1
      call MPI_COMM_CREATE_KEYVAL(MPI_COMM_DUP_FN,
     &     MPI_COMM_NULL_DELETE_FN, keyval, attribute, ierr)
      attribute = 123456789
      call MPI_COMM_SET_ATTR(cart, keyval, attribute, ierr)
      call MPI_COMM_DUP(cart, comm, ierr)
      call MPI_COMM_GET_ATTR(comm, keyval, got_attribute, flag, ierr)
      if (.not. flag .or. got_attribute .ne. attribute)
     &   failures = failures + 1
      call MPI_COMM_GET_ATTR(MPI_COMM_WORLD, MPI_TAG_UB, got_attribute,
     &                       flag, ierr)
      if (.not. flag .or. got_attribute .lt. 32767)
     &   failures = failures + 1
      call MPI_COMM_GROUP(comm, group, ierr)
      call MPI_GROUP_SIZE(group, n, ierr)
      if (n .ne. size) failures = failures + 1
      call MPI_GROUP_FREE(group, ierr)
      call MPI_COMM_FREE(comm, ierr)
      call MPI_COMM_FREE(cart, ierr)
      if (cart .ne. MPI_COMM_NULL) failures = failures + 1
      call MPI_COMM_SET_ERRHANDLER(MPI_COMM_WORLD, MPI_ERRORS_RETURN,
     &                             ierr)
      call MPI_SEND(sent, 1, MPI_INTEGER, 9999, 0, MPI_COMM_WORLD, ierr)
      if (ierr .eq. MPI_SUCCESS) failures = failures + 1
      call MPI_ERROR_STRING(ierr, text, n, i)
      if (n .lt. 5) failures = failures + 1
      x = MPI_WTIME()
      if (x .lt. 0.0d0) failures = failures + 1

      call MPI_ALLREDUCE(failures, total, 1, MPI_INTEGER, MPI_SUM,
     &                   MPI_COMM_WORLD, ierr)
      if (rank .eq. 0) then
        if (total .eq. 0) then
          print '(a,i2)', 'RESULT fortran77 ok on', size
        else
          print '(a,i4)', 'FAILED fortran77:', total
        end if
      end if
      call MPI_FINALIZE(ierr)
      if (total .ne. 0) stop 1
      end

      subroutine largest(in, inout, n, type)
      implicit none
      integer n, type, i, in(*), inout(*)
      do i = 1, n
        inout(i) = max(in(i), inout(i))
      end do
      end
