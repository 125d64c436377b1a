# Debugging a split process. gdb knows the lower half by itself; this adds the upper half. Needs a gdb with Python, as distributions build it.
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

python
import os
import re

def mana_require():
  try:
    magic = int(gdb.parse_and_eval("((struct split_table *) $mana_table_address)->magic"))
  except gdb.error:
    magic = 0
  if magic >> 32 != 0x616e616d:
    raise gdb.GdbError("This process is not split: there is no table at 0x300000000000.")

class ManaRequire(gdb.Command):
  """Fails unless the process is split."""

  def __init__(self):
    super().__init__("mana-require", gdb.COMMAND_DATA)

  def invoke(self, argument, from_tty):
    mana_require()

class ManaSymbols(gdb.Command):
  """Loads the symbols of the upper half: program, ld.so, libraries, resident blob."""

  def __init__(self):
    super().__init__("mana-symbols", gdb.COMMAND_FILES)

  def invoke(self, argument, from_tty):
    self.dont_repeat()
    mana_require()
    table = gdb.parse_and_eval("*(struct split_table *) $mana_table_address")
    program, stubs = table["exe"].string(), table["stub_dir"].string()
    debug = int(table["ld_debug"])
    if debug == 0:
      raise gdb.GdbError("The upper ld.so has no _r_debug.")
    # struct r_debug { int version; struct link_map *map; ... }, struct link_map { addr, name, ld, next, ... }: link.h.
    library = self.word(debug + 8)
    while library:
      name = gdb.Value(self.word(library + 8)).cast(gdb.lookup_type("char").pointer()).string()
      self.add(self.file_of(name, program, stubs), self.word(library))
      library = self.word(library + 24)

  # The program's own name is empty; a name without a slash is the vDSO, which is the resident blob. ld.so knows a stub by the name of the real
  # library it opened in its place, so a file of the same base name in the bundle's upper folder is the one that is really loaded.
  @staticmethod
  def file_of(name, program, stubs):
    if not name:
      return program
    if "/" not in name:
      return stubs + "/mana-resident.so"
    stub = stubs + "/" + os.path.basename(name)
    return stub if os.path.exists(stub) else name

  # The blob has the addresses at which it was linked: `bias` is 0.
  @staticmethod
  def add(path, bias):
    try:
      gdb.execute("add-symbol-file %s -o %#x" % (re.sub(r"([^\w/.+-])", r"\\\1", path), bias))
    except gdb.error as failure:
      print("%s: %s" % (path, failure))

  @staticmethod
  def word(address):
    return int.from_bytes(bytes(gdb.selected_inferior().read_memory(address, 8)), "little")

ManaRequire()
ManaSymbols()
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
  if $mana_table->lower_gs
    printf "code of the lower half finds its own through GS: %#lx\n", $gs_base
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
