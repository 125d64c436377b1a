namespace Mana.Api;

/// <summary>The kinds of parameters: what decides how a value is converted. docs/ARCHITECTURE.md says what each stands for.</summary>
public static class Kinds
{
    /// <summary>Kinds whose values are MPI handles, with the C type mpi.h gives them.</summary>
    public static readonly IReadOnlyDictionary<string, string> Handles = new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        ["comm"] = "MPI_Comm",
        ["group"] = "MPI_Group",
        ["datatype"] = "MPI_Datatype",
        ["op"] = "MPI_Op",
        ["request"] = "MPI_Request",
        ["message"] = "MPI_Message",
        ["win"] = "MPI_Win",
        ["file"] = "MPI_File",
        ["info"] = "MPI_Info",
        ["errhandler"] = "MPI_Errhandler",
        ["session"] = "MPI_Session",
    };

    /// <summary>Kinds whose values differ between ABIs by a table; each is a group of constants too.</summary>
    public static readonly IReadOnlySet<string> Enumerations = Set(
        "thread-level compare combiner order distribution dist-arg topology split-type whence typeclass lock-type keyval error-code " +
        "t-verbosity t-bind t-scope t-class t-cb-safety t-source-order rank tag offset");

    /// <summary>Bit masks, converted bit by bit; groups of constants too.</summary>
    public static readonly IReadOnlySet<string> Masks = Set("amode assert");

    /// <summary>Kinds for which the description must give the C type.</summary>
    public static readonly IReadOnlySet<string> Typed = Set("plain opaque function");

    /// <summary>Pointers by nature, whatever their direction.</summary>
    public static readonly IReadOnlySet<string> Pointers =
        Set("buffer pointer-out weights string string-out argv argvs strings errcodes t-object status");

    private static readonly IReadOnlySet<string> Others = Set("logical index varargs");

    /// <summary>Groups of constants that are no kind of parameter.</summary>
    public static readonly IReadOnlySet<string> ExtraGroups =
        Set("buffer argv argvs errcodes status weights opaque bound bsend undefined callback fstatus win-flavor win-model gpu version");

    public static IEnumerable<string> All =>
        Handles.Keys.Concat(Enumerations).Concat(Masks).Concat(Typed).Concat(Pointers).Concat(Others);

    private static HashSet<string> Set(string words) => new(words.Split(' '), StringComparer.Ordinal);
}

/// <summary>Checkpoint classes: what a function means to the checkpoint (docs/ARCHITECTURE.md).</summary>
public static class CheckpointClasses
{
    public static readonly IReadOnlySet<string> All = new HashSet<string>(
        ("local-query env p2p-blocking p2p-nonblocking p2p-persistent probe completion coll-blocking coll-nonblocking coll-persistent " +
        "constructor-local constructor-collective destructor rma-comm rma-sync io-independent io-collective dynamic callback-registering " +
        "tool").Split(' '), StringComparer.Ordinal);
}
