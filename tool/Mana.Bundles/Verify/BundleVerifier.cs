using Mana.Bundles.Build;
using Mana.Bundles.Launch;
using Mana.Bundles.Processes;
using Mana.Bundles.Store;

namespace Mana.Bundles.Verify;

/// <summary>Proves a bundle: its files are what was built, and the verification program of each application ABI runs on it.</summary>
public sealed class BundleVerifier(Bundle bundle, bool root)
{
    /// <summary>Lines of the verification program: this mark, then name, ok, warning or FAILED, and a detail, separated by tabs.</summary>
    private const string Mark = "mana-verify\t";

    public async Task<VerifyReport> RunAsync(int ranks, CancellationToken stop)
    {
        bundle.RequireFit();
        return new VerifyReport([Files(), .. await ProgramAsync(Abi.Mpich, ranks, stop), .. await ProgramAsync(Abi.OpenMpi, ranks, stop)]);
    }

    private VerifyCheck Files()
    {
        string[] changed = [.. bundle.Manifest.Files.Where(f => !IsSame(f)).Select(f => f.Path)];
        string[] known = [.. bundle.Manifest.Files.Select(f => f.Path)];
        string[] added = [.. BundleAssembler.Checksums(bundle.Folder).Select(f => f.Path).Except(known, StringComparer.Ordinal)];
        return changed.Length + added.Length == 0
            ? new VerifyCheck("files", Abi: "", Passed: true, $"{known.Length} files have their checksums")
            : new VerifyCheck("files", Abi: "", Passed: false, string.Join(", ", changed.Select(c => c + " was changed").Concat(added.Select(a => a + " was added"))));
    }

    private bool IsSame(FileRecord record)
    {
        string file = Path.Combine(bundle.Folder, record.Path);
        return File.Exists(file) && string.Equals(BundleAssembler.Sha256(file), record.Sha256, StringComparison.Ordinal);
    }

    private async Task<IEnumerable<VerifyCheck>> ProgramAsync(string abi, int ranks, CancellationToken stop)
    {
        LaunchRequest request = new() { Program = bundle.VerifyProgram(abi), Ranks = ranks, IsCheck = true };
        LaunchPlan plan = LaunchPlan.Make(bundle, request, Environment.GetEnvironmentVariable, root);
        ChildCommand command = new(plan.Launcher, plan.Arguments)
        {
            Environment = plan.Environment.ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.Ordinal),
            Limit = TimeSpan.FromMinutes(2),
        };
        ChildResult result = await Gateway.TryRunAsync(command, stop);
        VerifyCheck[] checks = [.. result.Output.Split('\n').Where(l => l.StartsWith(Mark, StringComparison.Ordinal)).Select(l => Parse(l, abi)).OfType<VerifyCheck>()];
        string said = result.Error.Trim();
        VerifyCheck ran = new("run", abi, result.Succeeded && checks.Length > 0,
            result.Succeeded && checks.Length > 0 ? $"{ranks} ranks ran under {plan.Launcher}"
            : result.ExitCode == Gateway.TimedOut ? "the ranks did not end in 2 minutes: " + command
            : $"exit code {result.ExitCode}: {command}" + (said.Length > 0 ? "\n" + said : ""));
        return checks.Append(ran);
    }

    private static VerifyCheck? Parse(string line, string abi) =>
        line[Mark.Length..].Split('\t') is [var name, var verdict, var detail] ? new VerifyCheck(name, abi, verdict is "ok" or "warning", detail, verdict is "warning") : null;
}
