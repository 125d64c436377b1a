namespace Mana.Bundles.Verify;

/// <summary>One thing that was proven, or not.</summary>
public sealed record VerifyCheck(string Name, bool Passed, string Detail);

public sealed record VerifyReport(IReadOnlyList<VerifyCheck> Checks)
{
    public bool Passed => Checks.Count > 0 && Checks.All(c => c.Passed);
}
