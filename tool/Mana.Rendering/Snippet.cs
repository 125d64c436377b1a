namespace Mana.Rendering;

/// <summary>What one parameter contributes to a generated function.</summary>
/// <param name="Before">Lines before the call.</param>
/// <param name="Argument">The expression handed on.</param>
/// <param name="After">Lines after a call that succeeded.</param>
/// <param name="Always">Lines after any call.</param>
public sealed record Snippet(
    IReadOnlyList<string> Before, string Argument, IReadOnlyList<string> After, IReadOnlyList<string> Always)
{
    public static Snippet Plain(string argument) => new([], argument, [], []);
}
