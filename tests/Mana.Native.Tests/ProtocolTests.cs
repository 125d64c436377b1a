using CliWrap;
using Mana.Coordinator.Protocol;
using Mana.Native.Tests.Support;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>The agent's C and the coordinator's C# come from one source; here they meet.</summary>
[Collection(Runtime.Collection)]
public sealed class ProtocolTests(Runtime runtime)
{
    [Fact]
    public async Task Agent_and_coordinator_understand_each_other()
    {
        ClockValue[] clocks = [new(new ClockId(1, 2), 3), new(new ClockId(ulong.MaxValue, 0), 1UL << 63)];
        Message[] messages =
        [
            new HelloMessage(Secret.Make(), 3, 4, int.MaxValue, "nöde-7", 3, 1),
            new ClocksMessage(1, clocks),
            new ClocksMessage(1, []),
            new TargetsMessage(1, 9, clocks),
            new WroteMessage(2, 1UL << 40, 77, ulong.MaxValue, 1500),
            new WriteMessage(2, "/scratch/a b/epoch-0002", 2, 1),
            new FinalizingMessage(),
        ];
        byte[] sent = [.. messages.SelectMany(Frame.Encode)];
        using MemoryStream input = new(sent), output = new();
        CommandResult result = await Cli.Wrap("timeout").WithArguments(["20", runtime["protocol"]]).WithValidation(CommandResultValidation.None)
            .WithStandardInputPipe(PipeSource.FromStream(input)).WithStandardOutputPipe(PipeTarget.ToStream(output)).ExecuteAsync();
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Convert.ToHexString(sent), Convert.ToHexString(output.ToArray()));
    }
}
