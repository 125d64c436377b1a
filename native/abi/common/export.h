/* How hand-written stubs export: PMPI_X strong, MPI_X a weak alias (MPI-4.1 section 15.2). */
#ifndef MANA_ABI_EXPORT_H
#define MANA_ABI_EXPORT_H
#define ABI_WEAK(name) extern __typeof__(P##name) name __attribute__((weak, alias("P" #name)));
#endif
