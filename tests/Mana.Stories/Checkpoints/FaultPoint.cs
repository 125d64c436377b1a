using System.Text.RegularExpressions;
using Mana.Testing;

namespace Mana.Stories.Checkpoints;

/// <summary>A place where a rank can be made to die, stop or fail: native/agent/faults.h.</summary>
/// <param name="Name">As MANA_FAULT wants it.</param>
/// <param name="Fails">The stage can report a failure there.</param>
internal sealed partial record FaultPoint(string Name, bool Fails)
{
    /// <summary>Read from the header itself, so that none is forgotten.</summary>
    public static IReadOnlyList<FaultPoint> All { get; } =
    [
        .. Row().Matches(File.ReadAllText(Path.Combine(Repository.Root, "native", "agent", "faults.h")))
            .Select(m => new FaultPoint(m.Groups["name"].Value, m.Groups["fails"].Value == "true")),
    ];

    /// <summary>Where mana launch can be made to die: the members of CoordinatorFault.</summary>
    public static IReadOnlyList<string> OfCoordinator { get; } =
    [
        .. Member().Matches(File.ReadAllText(Path.Combine(Repository.Root, "tool", "Mana.Coordinator", "Checkpoint", "CoordinatorFault.cs"))).Select(m => m.Groups["name"].Value),
    ];

    public bool IsOfRestart => Name.StartsWith("RESTART_", StringComparison.Ordinal);

    /// <summary>Only a checkpoint that stops the job passes it.</summary>
    public bool NeedsStop => Name == "LEAVING";

    public static FaultPoint Named(string name) => All.Single(p => p.Name == name);

    /// <summary>For rank 1, from the second checkpoint on: the first one is to be good.</summary>
    public IReadOnlyDictionary<string, string?> Armed(string action) =>
        new Dictionary<string, string?>(Stories.Environment, StringComparer.Ordinal) { ["MANA_FAULT"] = $"{Name}:1:{action}:{(IsOfRestart ? 0 : 2)}" };

    /// <summary>What rank 1 says on standard error when it happens.</summary>
    public string Fired(string action) => $"mana: rank 1: MANA_FAULT: {action} at {Name}\n";

    [GeneratedRegex(@"^    (?<name>[A-Z][A-Za-z]+),\s*$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Member();

    [GeneratedRegex(@"^  X\((?<name>[A-Z_]+), (?<fails>true|false)\)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Row();
}
