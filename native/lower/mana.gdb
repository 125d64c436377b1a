# Debugging a split process. gdb knows the lower half by itself; this adds the upper half.
#
#   gdb -p PID -x BUNDLE/mana.gdb          then   mana-symbols
#
# mana-symbols   loads the symbols of the program, its ld.so and all its libraries
# mana-where     says on which half the current thread runs, and which thread-local block it uses
# mana-table     prints the split table
#
# The types come from mana-lower's own debug information; addresses from native/include/split_abi.h.

set $mana_table_address = 0x300000000000
set $mana_arena_end = 0x500000000000

define mana-require
  if ((struct split_table *) $mana_table_address)->magic >> 32 != 0x616e616d
    error This process is not split: there is no table at 0x300000000000.
  end
end
document mana-require
Fails unless the process is split.
end

# One library of the list. ld.so knows a stub by the name of the real library it opened in its place, so a file of the
# same base name in the bundle's upper folder is the one that is really loaded.
define mana-library
  dont-repeat
  eval "shell f=%s; s=%s/$(basename $f); test -e $s && f=$s; echo add-symbol-file $f -o %#lx > /tmp/mana-gdb-%d", $mana_name, $mana_table->stub_dir, $mana_bias, $mana_table->pid
  eval "source /tmp/mana-gdb-%d", $mana_table->pid
  eval "shell rm -f /tmp/mana-gdb-%d", $mana_table->pid
end
document mana-library
Used by mana-symbols.
end

define mana-symbols
  dont-repeat
  mana-require
  set $mana_table = (struct split_table *) $mana_table_address
  if $mana_table->ld_debug == 0
    error The upper ld.so has no _r_debug.
  end
  # struct r_debug { int version; struct link_map *map; ... }, struct link_map { addr, name, ld, next, ... }: link.h.
  set $mana_map = *(unsigned long *) ($mana_table->ld_debug + 8)
  set confirm off
  while $mana_map != 0
    set $mana_bias = *(unsigned long *) $mana_map
    set $mana_name = *(char **) ($mana_map + 8)
    # The program's own name is empty; a name without a slash is the vDSO, which is the resident blob.
    if $mana_name[0] == 0
      eval "add-symbol-file %s -o %#lx", $mana_table->exe, $mana_bias
    else
      if $mana_name[0] == '/'
        mana-library
      else
        eval "add-symbol-file %s/mana-resident.so", $mana_table->stub_dir
      end
    end
    set $mana_map = *(unsigned long *) ($mana_map + 24)
  end
  set confirm on
end
document mana-symbols
Loads the symbols of the upper half: program, ld.so, libraries, resident blob.
end

define mana-where
  mana-require
  set $mana_table = (struct split_table *) $mana_table_address
  if $pc >= $mana_table_address && $pc < $mana_arena_end || $pc < 0x100000000
    printf "code: upper half"
  else
    printf "code: lower half"
  end
  if $fs_base >= $mana_table_address && $fs_base < $mana_arena_end || $fs_base < 0x100000000
    printf ", thread-local block: upper, %#lx\n", $fs_base
  else
    printf ", thread-local block: lower, %#lx, lent to the upper one at %#lx\n", $fs_base, *(unsigned long *) ($fs_base + $mana_table->lower_upper_fs_off)
  end
end
document mana-where
Says on which half the current thread runs.
end

define mana-table
  mana-require
  print *(struct split_table *) $mana_table_address
end
document mana-table
Prints the split table.
end
