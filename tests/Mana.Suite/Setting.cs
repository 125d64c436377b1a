using Mana.Testing;

namespace Mana.Suite;

/// <summary>For which MPI the tests were built, and on which bundle they run.</summary>
internal sealed record Setting(Mpi BuiltFor, Mpi Bundle)
{
    public static IReadOnlyList<Setting> All { get; } = [.. from a in Mpi.All from b in Mpi.All select new Setting(a, b)];

    public string Name => $"{BuiltFor} on {Bundle}";

    /// <summary>Share of the tests that must pass: all on the same MPI; across MPIs nine in ten of those that pass natively on both.</summary>
    public double Required => BuiltFor == Bundle ? 1.0 : 0.9;

    public static Setting? TryParse(string name) => All.FirstOrDefault(s => s.Name == name);

    public override string ToString() => Name;
}
