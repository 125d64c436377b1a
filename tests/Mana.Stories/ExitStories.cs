using Mana.Testing;
using Xunit;

namespace Mana.Stories;

/// <summary>However a program ends, the job ends as it would natively, at once and with the same exit code.</summary>
[Collection(InTheHouse.Name)]
public sealed class ExitStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string, string[]> Endings()
    {
        TheoryData<string, string, string[]> data = [];
        string[][] endings =
        [
            ["return", "0"], ["return", "3"], ["return", "11"], ["exit", "7"], ["leave-one", "9"], ["execute", "3"], ["abort", "9"], ["abort-one", "9"],
            ["signal", "9"], ["signal", "15"], ["signal-one", "11"], ["signal-after", "6"], ["signal-parent", "15"], ["segv"], ["before", "4"], ["fatal"],
        ];
        foreach ((Mpi builtFor, Mpi bundle) in (ReadOnlySpan<(Mpi, Mpi)>)[(Mpi.Mpich, Mpi.Mpich), (Mpi.OpenMpi, Mpi.Mpich), (Mpi.OpenMpi, Mpi.OpenMpi), (Mpi.Mpich, Mpi.OpenMpi)])
            foreach (string[] ending in endings)
                data.Add(builtFor.Name, bundle.Name, ending);
        return data;
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task The_job_ends_as_it_would_natively(string builtFor, string bundle, string[] ending)
    {
        Mpi site = Mpi.Named(bundle);
        Outcome native = await house.NativeAsync(site, 2, Limit, [House.Program("exits", site), .. ending]);
        Outcome mana = await house.UnderManaAsync(site, 2, Limit, [House.Program("exits", Mpi.Named(builtFor)), .. ending]);
        Assert.False(mana.TimedOut, mana.ToString());
        if (ending[0] == "fatal")
            Assert.True(mana.ExitCode != 0 && native.ExitCode != 0, $"{mana}\n--- natively\n{native}"); // which code is the MPI's own choice
        else
            Assert.True(mana.ExitCode == (bundle == "mpich" && IsSignal(ending) ? 128 + (native.ExitCode & 0x7f) : native.ExitCode), $"{mana}\n--- natively\n{native}");
        if (ending[0] == "abort-one") Assert.Contains("the job has ended because rank 1 aborted it, with error code 9\n", mana.Errors, StringComparison.Ordinal);
        // Of a job that dies, what was written last may be lost on its way through the launcher, natively too.
        if (ending[0] is "return" or "exit" or "before") Assert.True(mana.Output == native.Output, $"{mana}\n--- natively\n{native}");
        if (ending[0] == "signal-one") Assert.Contains("the job has ended because rank 1 was ended by a signal, or lost, before the others", mana.Errors, StringComparison.Ordinal);
        if (ending[0] == "leave-one" && bundle == "mpich") Assert.Contains("the job has ended because rank 1 ended, with exit code 9, before the others", mana.Errors, StringComparison.Ordinal);
    }

    /// <summary>What a script makes of its program's end is the script's.</summary>
    [Theory]
    [InlineData("signal", "11", 11)]
    [InlineData("exit", "9", 11)]
    [InlineData("return", "3", 5)]
    public async Task The_exit_code_of_a_script_is_not_taken_for_a_signal(string how, string status, int code)
    {
        string[] script = ["sh", "-c", $"\"$0\" \"$@\"; exit {code}", House.Program("exits", Mpi.Mpich), how, status];
        Outcome native = await house.NativeAsync(Mpi.Mpich, 1, Limit, script);
        Outcome mana = await house.UnderManaAsync(Mpi.Mpich, 1, Limit, script);
        Assert.True(mana.ExitCode == code && native.ExitCode == code, $"{mana}\n--- natively\n{native}");
    }

    /// <summary>Hydra then gives the bare signal, or 128+N where a core was dumped.</summary>
    private static bool IsSignal(string[] ending) => ending[0] is "signal" or "signal-one" or "signal-after" or "signal-parent" or "segv";
}
