using Mana.Bundles.Backends;
using Mana.Bundles.Processes;
using Mana.Common.Errors;

namespace Mana.Bundles.Probe;

public static class ProbeErrors
{
    public static UserError NotFound(Backend backend, IReadOnlyList<string> refused) => new(
        $"no {backend.Title} was found on this machine",
        backend.Probe.Hint,
        refused.Count == 0
            ? "looked for " + string.Join(", ", backend.Probe.Wrappers) + " on PATH and in " + string.Join(", ", backend.Probe.Folders)
            : string.Join('\n', refused));

    public static UserError NoSuchCompiler(string path) =>
        new("the compiler wrapper does not exist or is not executable", "Correct --mpicc.", path);

    public static UserError NoSuchLauncher(string path) =>
        new("the launcher does not exist or is not executable", "Correct --launcher.", path);

    public static UserError SilentLauncher(string path, IEnumerable<string> arguments, int exitCode) => new(
        exitCode == Gateway.TimedOut ? "the launcher does not tell which it is: no answer in 20 s" : "the launcher cannot be executed",
        $"Run it by hand ({Shell.Quote(path)} {string.Join(' ', arguments)}), and mend it or name another.",
        path);

    public static UserError NoLauncher(Backend backend) => new(
        $"no launcher of {backend.Title} was found",
        "Say which to use: --launcher PATH (" + string.Join(", ", backend.Launchers.Select(l => l.Flavour)) + ").",
        "looked for " + string.Join(", ", backend.Launchers.SelectMany(l => l.Names).Distinct(StringComparer.Ordinal)) + " on PATH and beside the compiler wrapper");

    public static UserError ForeignLauncher(string path, Backend backend) => new(
        $"this launcher is not one of {backend.Title}: it would start unconnected ranks",
        "Give a launcher of that MPI (" + string.Join(", ", backend.Launchers.Select(l => l.Flavour)) + "), or use the bundle of the MPI it belongs to.",
        path);

    public static UserError OtherFlavour(string path, string profile, string said, string found) => new(
        $"the profile calls its launcher {said}, but it is {found}", $"Write flavour = \"{found}\" under [launcher], or name another launcher.", $"{path}, named in {profile}");

    public static UserError NoLibrary(Backend backend, string wrapper) => new(
        $"a program linked by this wrapper loads no library of {backend.Title}",
        "Is the MPI library on the loader's path? Load the MPI's module or set LD_LIBRARY_PATH, then probe again.",
        wrapper + "\nlooked for " + string.Join(", ", backend.Libraries.Mpi));

    public static UserError CompilerFails(ChildFailedException e) => new(
        "the MPI compiler cannot build a small program, or ldd cannot tell its libraries",
        "Mend what the command names; or choose another compiler with --mpicc.",
        e.Command + "\n" + e.Said.TrimEnd());
}
