using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>A test that mounts a file system, for itself alone.</summary>
internal sealed class MountFactAttribute : FactAttribute
{
    public MountFactAttribute() => Skip = s_may.Value ? null : "this user, or this machine, may not mount";

    private static readonly Lazy<bool> s_may = new(() => Bounded.RunAsync(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/tmp"], "/", new Dictionary<string, string?>(StringComparer.Ordinal), TimeSpan.FromSeconds(10)).Result.ExitCode == 0);
}
