using System.CommandLine;
using Mana.Bundles.Backends;
using Mana.Bundles.Build;
using Mana.Bundles.Probe;
using Mana.Bundles.Profile;
using Mana.Bundles.Store;
using Mana.Bundles.Verify;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

/// <summary>probe + build + verify in one go.</summary>
internal static class BundleCreate
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> name = Shared.BundleName(tool, existing: false);
        Option<string?> backend = Shared.Backend(tool), mpicc = Shared.Mpicc(), launcher = Shared.Launcher();
        Option<string?> profile = Shared.File("--profile", "An edited site profile instead of a fresh probe.");
        Option<bool> force = new("--force") { Description = "Replace a bundle of this name." };
        Command command = new("create", "Makes a bundle: probe, build and verify in one go.") { name, backend, profile, mpicc, launcher, force };
        command.SetAction(async (parsed, _) =>
        {
            CancellationToken stop = tool.Interruption.Watch();
            string target = tool.Bundles.FolderFor(parsed.GetRequiredValue(name));
            bool replace = parsed.GetValue(force);
            if (Directory.Exists(target) && !replace) throw new UserErrorException(StoreErrors.BundleExists(Path.GetFileName(target), target));
            string? given = parsed.GetValue(profile);
            string work = ManaHome.Ensure(Path.Combine(tool.Home.Home, "profiles"));
            string file = given ?? Path.Combine(work, Path.GetFileName(target) + ".toml");
            if (given is null)
                await BundleProbe.WriteAsync(tool, parsed.GetValue(backend), parsed.GetValue(mpicc), parsed.GetValue(launcher), file, stop);
            else if (parsed.GetValue(mpicc) is not null || parsed.GetValue(launcher) is not null)
                throw new UserErrorException(CliErrors.Both("--profile", "--mpicc or --launcher"));
            else if (parsed.GetValue(backend) is { } asked)
                RequireBackend(tool, asked, given);
            await BundleBuild.RunAsync(tool, file, target, replace, stop);
            Bundle bundle = Bundle.Open(target);
            VerifyReport report = await new BundleVerifier(bundle, tool.IsRoot).RunAsync(2, stop);
            BundleVerify.Write(report, json: false);
            if (!report.Passed) return Output.Fail(CliErrors.NotProven(bundle.Name, bundle.Folder));
            tool.Talk.Inform($"bundle {Shared.Describe(bundle)} is ready: {target}");
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command,
        [
            "mana bundle create mpich --backend mpich",
            "mana bundle create ompi5 --backend openmpi --mpicc /opt/openmpi-5/bin/mpicc",
            "mana bundle create mine --profile site.toml --force",
        ]);
    }

    /// <summary>The profile says which MPI it is of; who says so too must say the same.</summary>
    private static void RequireBackend(Tool tool, string asked, string file)
    {
        string written = ProfileReader.Read(file).Backend;
        if (!string.Equals(tool.Backends.Find(asked).Folder, tool.Backends.Find(written).Folder, StringComparison.Ordinal))
            throw new UserErrorException(CliErrors.OtherBackend(asked, written, file));
    }
}

/// <summary>Writes the site profile of one MPI.</summary>
internal static class BundleProbe
{
    public static CommandWithExamples Make(Tool tool)
    {
        Option<string?> backend = Shared.Backend(tool), mpicc = Shared.Mpicc(), launcher = Shared.Launcher();
        Option<string?> output = Shared.File("--output", "Where to write the profile; standard output otherwise.");
        Command command = new("probe", "Finds an MPI of this machine and writes its site profile: TOML with comments, to be edited by hand.") { backend, output, mpicc, launcher };
        command.SetAction(async (parsed, _) =>
        {
            CancellationToken stop = tool.Interruption.Watch();
            await WriteAsync(tool, parsed.GetValue(backend), parsed.GetValue(mpicc), parsed.GetValue(launcher), parsed.GetValue(output), stop);
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle probe --backend openmpi", "mana bundle probe --backend mpich --output site.toml"]);
    }

    public static async Task WriteAsync(Tool tool, string? backend, string? mpicc, string? launcher, string? output, CancellationToken stop)
    {
        if (backend is null) throw new UserErrorException(CliErrors.Needed("--backend", "one of " + string.Join(", ", tool.Backends.Names)));
        Backend rules = tool.Backends.Find(backend);
        SiteProfile profile = await new SiteProbe(tool.Candidates, tool.IsRoot).RunAsync(new ProbeRequest(rules, mpicc, launcher), stop);
        if (backend.Contains('/', StringComparison.Ordinal)) profile = profile with { Backend = rules.Folder };
        string text = ProfileWriter.Write(profile);
        if (output is null) Console.Out.Write(text);
        else await File.WriteAllTextAsync(output, text, stop);
        tool.Talk.Inform($"found {rules.Title} {profile.Version}: {profile.Compiler.Wrapper}, {profile.Launcher.Path} ({profile.Launcher.Flavour})");
    }
}

/// <summary>Profile -> bundle directory.</summary>
internal static class BundleBuild
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> file = new("FILE") { Description = "A site profile." };
        Option<string?> output = new("--output") { Description = "The bundle's directory; one named after FILE among your bundles otherwise. An existing bundle is replaced.", HelpName = "DIR" };
        Command command = new("build", "Builds a bundle from a site profile.") { file, output };
        command.SetAction(async (parsed, _) =>
        {
            CancellationToken stop = tool.Interruption.Watch();
            string profile = parsed.GetRequiredValue(file);
            string target = parsed.GetValue(output) is { } folder ? Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)) : tool.Bundles.FolderFor(Path.GetFileNameWithoutExtension(profile));
            // Only a bundle is ever replaced: --output / would be a costly slip.
            await RunAsync(tool, profile, target, replace: Bundle.IsOne(target), stop);
            Output.Data(target);
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana bundle build site.toml", "mana bundle build site.toml --output /etc/mana/bundles/site"]);
    }

    /// <summary>What the build says; with -q only when it fails.</summary>
    public static async Task RunAsync(Tool tool, string profile, string target, bool replace, CancellationToken stop)
    {
        List<string> kept = [];
        tool.Talk.Progress("compiling; this takes up to a minute");
        try
        {
            await new BundleBuilder(tool.Home, tool.Backends, tool.Talk.Quiet ? kept.Add : Output.FromBuild).BuildAsync(profile, target, replace, stop);
        }
        catch (UserErrorException)
        {
            kept.ForEach(Output.FromBuild);
            throw;
        }
    }
}

/// <summary>Proves a bundle by running on it.</summary>
internal static class BundleVerify
{
    public static CommandWithExamples Make(Tool tool)
    {
        Argument<string> name = Shared.BundleName(tool, existing: true);
        Option<int> ranks = new("--ranks") { Description = "Number of ranks.", DefaultValueFactory = _ => 2, HelpName = "N" };
        Option<bool> json = Shared.Json();
        Command command = new("verify", "Starts ranks on a bundle and proves it: files, constants, every MPI symbol, callbacks, threads, crossing cost.") { name, ranks, json };
        command.SetAction(async (parsed, _) =>
        {
            CancellationToken stop = tool.Interruption.Watch();
            int n = parsed.GetValue(ranks);
            if (n < 1) throw new UserErrorException(CliErrors.Ranks(n));
            Bundle bundle = tool.Bundles.Find(parsed.GetRequiredValue(name));
            VerifyReport report = await new BundleVerifier(bundle, tool.IsRoot).RunAsync(n, stop);
            Write(report, parsed.GetValue(json));
            return report.Passed ? ExitCodes.Success : Output.Fail(CliErrors.NotProven(bundle.Name, bundle.Folder));
        });
        return new CommandWithExamples(command, ["mana bundle verify mpich", "mana bundle verify mpich --ranks 4 --json"]);
    }

    public static void Write(VerifyReport report, bool json)
    {
        Listing listing = new(("check", "Check"), ("abi", "ABI"), ("result", "Result"), ("detail", "Detail"));
        foreach (VerifyCheck check in report.Checks) listing.Add(check.Name, check.Abi, check.Verdict, check.Detail);
        listing.Write(json, "nothing was checked");
    }
}
