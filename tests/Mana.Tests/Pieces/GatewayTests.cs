using System.Diagnostics;
using Mana.Bundles.Processes;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>How a helper process ends whose time is up, or whose user has pressed Ctrl-C.</summary>
public sealed class GatewayTests
{
    private static ChildCommand Sh(string script, int seconds) => new("/bin/sh", ["-c", script]) { Limit = TimeSpan.FromSeconds(seconds) };

    /// <summary>A launcher ends its ranks on other hosts then.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_child_is_asked_to_end_before_it_is_killed(bool byUser)
    {
        using Folder folder = new();
        using CancellationTokenSource stop = new();
        ChildCommand child = Sh($"trap 'touch {folder["asked"]}; exit 0' INT; echo begun; while :; do sleep 0.1; done", seconds: byUser ? 60 : 3);
        Task<int> ending = Gateway.StreamAsync(child, _ => { if (byUser) stop.Cancel(); }, stop.Token);
        if (byUser) await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ending);
        else Assert.Equal(Gateway.TimedOut, await ending);
        Assert.True(File.Exists(folder["asked"]));
    }

    [Fact]
    public async Task One_that_does_not_listen_is_killed()
    {
        long begun = Stopwatch.GetTimestamp();
        ChildResult result = await Gateway.TryRunAsync(Sh("trap '' INT; sleep 60", seconds: 1));
        Assert.Equal(Gateway.TimedOut, result.ExitCode);
        Assert.InRange(Stopwatch.GetElapsedTime(begun), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30));
    }
}
