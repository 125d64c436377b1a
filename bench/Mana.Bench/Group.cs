using Mana.Testing;

namespace Mana.Bench;

/// <summary>Measures that are taken together, and can be asked for by name.</summary>
/// <param name="Run">Takes them.</param>
/// <param name="NeedsTool">Else it is given none: the tool is installed, and bundles are made, only where somebody needs them.</param>
internal sealed record Group(Func<InstalledTool, Task<IEnumerable<Measure>>> Run, bool NeedsTool = true)
{
    /// <summary>The same on several MPIs, one after the other.</summary>
    public static Group On(IReadOnlyList<Mpi> all, Func<Runs, Task<IEnumerable<Measure>>> run) => On(all, (tool, mpi) => run(new Runs(tool, mpi)));

    public static Group On(IReadOnlyList<Mpi> all, Func<InstalledTool, Mpi, Task<IEnumerable<Measure>>> run) => new(async tool =>
    {
        List<Measure> measures = [];
        foreach (Mpi mpi in all) measures.AddRange(await run(tool, mpi));
        return measures;
    });
}
