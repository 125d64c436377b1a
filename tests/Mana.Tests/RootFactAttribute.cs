using Xunit;

namespace Mana.Tests;

/// <summary>A test that does what only root may do.</summary>
public sealed class RootFactAttribute : FactAttribute
{
    public RootFactAttribute() => Skip = Environment.IsPrivilegedProcess ? null : "only root gives files away";
}
