namespace Mana.Api;

/// <summary>An application ABI: the conventions a program was compiled with.</summary>
public enum Abi { Mpich, OpenMpi }

/// <summary>
/// Where a piece of a function comes from: generated, written by hand, not there, or written by hand in a header (the core's fast answers).
/// </summary>
public enum Form { Auto, Hand, None, Inline }

/// <summary>INTENT of a parameter (MPI-4.1 section 2.3).</summary>
public enum Direction { In, Out, InOut }

/// <summary>How long what an argument points to must live: the call, the request it starts, the object it makes, or the program.</summary>
#pragma warning disable CA1720 // "Object" is the word of the description: an MPI object.
public enum Lifetime { Call, Request, Object, Forever }
#pragma warning restore CA1720

/// <summary>How an MPI has a function: exported, a macro of mpi.h, exported under the prefix MPIX_, or not at all.</summary>
public enum Presence { Function, Macro, Extension, Absent }

/// <summary>The spelling of C types: canonical as in native/include/canon.h, or as mpi.h writes them.</summary>
public enum CForm { Canonical, Mpi }
