namespace Mana.Bundles.Verify;

/// <summary>One thing that was proven, or not.</summary>
/// <param name="Name">In one word.</param>
/// <param name="Abi">Of the programs it was proven for; empty where that makes no difference.</param>
/// <param name="Passed">Whether the bundle can be used, as far as this tells.</param>
/// <param name="Detail">What was seen.</param>
/// <param name="Warned">It passed, and yet a person should look at it.</param>
public sealed record VerifyCheck(string Name, string Abi, bool Passed, string Detail, bool Warned = false)
{
    public string Verdict => !Passed ? "FAILED" : Warned ? "warning" : "ok";
}

public sealed record VerifyReport(IReadOnlyList<VerifyCheck> Checks)
{
    public bool Passed => Checks.Count > 0 && Checks.All(c => c.Passed);
}
