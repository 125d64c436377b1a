using Xunit;

namespace Mana.Stories;

/// <summary>A theory about Debian's GROMACS, which ends at once, natively too, on a processor without rdtscp: there it is skipped, and named as skipped.</summary>
internal sealed class GromacsTheoryAttribute : TheoryAttribute
{
    public GromacsTheoryAttribute() => Skip = RunsHere ? null : "Debian's GROMACS demands a processor with rdtscp, and this one has none";

    /// <summary>What GROMACS itself asks of the processor.</summary>
    public static bool RunsHere { get; } =
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("flags", StringComparison.Ordinal))?.Split(' ').Contains("rdtscp") ?? false;
}
