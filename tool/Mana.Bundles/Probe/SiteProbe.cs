using Mana.Bundles.Backends;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;
using Mana.Common.Errors;

namespace Mana.Bundles.Probe;

/// <summary>What the user fixed beforehand; the rest is searched.</summary>
public sealed record ProbeRequest(Backend Backend, string? Mpicc = null, string? Launcher = null);

/// <summary>Finds one MPI of this machine by its backend's rules.</summary>
public sealed class SiteProbe(Candidates candidates, bool root)
{
    public async Task<SiteProfile> RunAsync(ProbeRequest request, CancellationToken stop)
    {
        DirectoryInfo scratch = Directory.CreateTempSubdirectory("mana-probe-");
        try
        {
            return await RunAsync(request, scratch.FullName, stop);
        }
        catch (ChildFailedException e)
        {
            throw new UserErrorException(ProbeErrors.CompilerFails(e), e);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private async Task<SiteProfile> RunAsync(ProbeRequest request, string scratch, CancellationToken stop)
    {
        Backend backend = request.Backend;
        WrapperProbe wrappers = new(backend.Probe, Environment.GetEnvironmentVariable, scratch);
        WrapperFacts facts = await WrapperAsync(request, wrappers, stop);
        LauncherChoice launcher = await LauncherAsync(request, facts.Compiler.Wrapper, stop);
        LibraryProbe libraries = new(backend, facts.Compiler, scratch);
        await libraries.LinkAsync(stop);
        LibraryChoice choice = await libraries.ResolveAsync(stop);
        if (choice.Mpi.Count == 0) throw new UserErrorException(ProbeErrors.NoLibrary(backend, facts.Compiler.Wrapper));
        return new SiteProfile
        {
            Backend = backend.Name,
            Version = wrappers.Version(facts),
            Standard = $"{facts.Macros.GetValueOrDefault("MPI_VERSION", "?")}.{facts.Macros.GetValueOrDefault("MPI_SUBVERSION", "?")}",
            Compiler = facts.Compiler,
            Libraries = choice,
            Launcher = launcher,
            ThreadLevel = await libraries.ThreadLevelAsync(launcher, LaunchVariables(backend, launcher), stop),
        };
    }

    private async Task<WrapperFacts> WrapperAsync(ProbeRequest request, WrapperProbe probe, CancellationToken stop)
    {
        ProbeRules rules = request.Backend.Probe;
        List<string> refused = [];
        IEnumerable<string> all = request.Mpicc is { } named
            ? [candidates.OnPath(named) ?? throw new UserErrorException(ProbeErrors.NoSuchCompiler(named))]
            : candidates.Find(rules.Wrappers, rules.Folders);
        foreach (string wrapper in all)
        {
            (WrapperFacts? facts, string reason) = await probe.TryAsync(wrapper, stop);
            if (facts is not null) return facts;
            refused.Add($"{wrapper}: {reason}");
        }
        throw new UserErrorException(ProbeErrors.NotFound(request.Backend, refused));
    }

    private async Task<LauncherChoice> LauncherAsync(ProbeRequest request, string wrapper, CancellationToken stop)
    {
        if (request.Launcher is null)
            return await new LauncherProbe(candidates).FindAsync(request.Backend, wrapper, stop)
                ?? throw new UserErrorException(ProbeErrors.NoLauncher(request.Backend));
        string file = candidates.OnPath(request.Launcher) ?? throw new UserErrorException(ProbeErrors.NoSuchLauncher(request.Launcher));
        LauncherRules rules = await LauncherProbe.FlavourOfAsync(request.Backend, file, stop)
            ?? throw new UserErrorException(ProbeErrors.ForeignLauncher(file, request.Backend));
        return new LauncherChoice { Path = file, Flavour = rules.Flavour };
    }

    private Dictionary<string, string?> LaunchVariables(Backend backend, LauncherChoice launcher)
    {
        LauncherRules rules = backend.Launchers.First(l => string.Equals(l.Flavour, launcher.Flavour, StringComparison.Ordinal));
        IEnumerable<KeyValuePair<string, string>> all = root ? rules.Environment.Concat(rules.RootEnvironment) : rules.Environment;
        return all.ToDictionary(p => p.Key, p => (string?)p.Value, StringComparer.Ordinal);
    }
}
