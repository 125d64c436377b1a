namespace Mana.Testing;

/// <summary>An MPI of this machine, as Debian installs it beside the others.</summary>
/// <param name="Name">Also the name of its backend, of its bundle in the tests, and the suffix of its commands.</param>
/// <param name="Launcher">The native launcher.</param>
public sealed record Mpi(string Name, string Launcher)
{
    public static Mpi Mpich { get; } = new("mpich", "mpiexec.mpich");

    public static Mpi OpenMpi { get; } = new("openmpi", "mpirun.openmpi");

    public static IReadOnlyList<Mpi> All { get; } = [Mpich, OpenMpi];

    public static Mpi Named(string name) => All.Single(m => m.Name == name);

    /// <summary>What any MPI job needs here: Open MPI's leave to run as root and on fewer cores than ranks; one OpenMP thread.</summary>
    public static IReadOnlyDictionary<string, string?> Environment { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["OMPI_ALLOW_RUN_AS_ROOT"] = "1",
        ["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1",
        ["OMPI_MCA_rmaps_base_oversubscribe"] = "1",
        ["OMP_NUM_THREADS"] = "1",
    };

    /// <summary>The command that runs a program natively.</summary>
    public IReadOnlyList<string> Native(int ranks, IEnumerable<string> program) => [Launcher, "-n", ranks.ToString(), .. program];

    public override string ToString() => Name;
}
