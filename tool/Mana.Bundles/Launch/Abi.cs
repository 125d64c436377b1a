using System.IO.Enumeration;

namespace Mana.Bundles.Launch;

/// <summary>The MPI ABIs that applications are linked with, told by the sonames of their libraries.</summary>
public static class Abi
{
    public const string Mpich = "mpich", OpenMpi = "openmpi", Unknown = "unknown";

    private static readonly (string Abi, string[] Sonames)[] Families =
    [
        (Mpich, ["libmpi.so.12", "libmpich.so.12", "libmpichfort.so.12", "libmpifort.so.12", "libmpichcxx.so.12", "libmpicxx.so.12",
            "libmpi_cray.so.12", "libmpi_gnu*.so.12", "libmpi_amd*.so.12", "libmpi_aocc*.so.12", "libmpi_intel*.so.12", "libmpi_nvidia*.so.12",
            "libmpifort_*.so.12"]),
        (OpenMpi, ["libmpi.so.40", "libmpi_mpifh.so.40", "libmpi_usempi_ignore_tkr.so.40", "libmpi_usempif08.so.40", "libmpi_cxx.so.40"]),
        // Other generations of an MPI: recognised so that they can be refused by name.
        (Unknown, ["libmpi.so.*", "libmpich.so.*", "libmpi_mpifh.so.*", "libmpifort.so.*", "libmpi_abi.so.*"]),
    ];

    /// <summary>Null for a library that is no MPI's.</summary>
    public static string? Of(string soname)
    {
        foreach ((string abi, string[] sonames) in Families)
            if (sonames.Any(p => FileSystemName.MatchesSimpleExpression(p, soname, ignoreCase: false))) return abi;
        return null;
    }
}
