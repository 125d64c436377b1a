using Mana.Bundles.Backends;
using Mana.Bundles.Probe;
using Mana.Bundles.Profile;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>Several installations of one MPI on a machine: compiler wrapper and launcher are of the same one.</summary>
public sealed class CandidateTests
{
    private const UnixFileMode Runs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private static string Script(Folder folder, string name, string said)
    {
        string file = folder[name];
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, $"#!/bin/sh\necho '{said}'\n");
        File.SetUnixFileMode(file, Runs);
        return file;
    }

    [Fact]
    public void A_module_before_the_systems_folder_on_PATH_wins_by_whatever_name()
    {
        using Folder folder = new();
        string mine = Script(folder, "module/mpicc", ""), theirs = Script(folder, "system/mpicc.openmpi", "");
        Candidates candidates = new(name => name == "PATH" ? $"{folder["module"]}:{folder["system"]}" : null);
        Assert.Equal([mine, theirs], candidates.Find(["mpicc.openmpi", "mpicc"], []));
    }

    [Fact]
    public async Task The_launcher_beside_the_compiler_wrapper_comes_before_those_on_PATH()
    {
        using Folder folder = new();
        string wrapper = Script(folder, "opt/mpicc", ""), launcher = Script(folder, "opt/mpirun", "mpirun (Open MPI) 5.0.3");
        Script(folder, "system/mpirun.openmpi", "mpirun (Open MPI) 4.1.4");
        Backend openmpi = BackendCatalog.Read(Path.Combine(Repository.Root, "backends", "openmpi"));
        LauncherChoice? found = await new LauncherProbe(new Candidates(name => name == "PATH" ? folder["system"] : null)).FindAsync(openmpi, wrapper, default);
        Assert.Equal(launcher, found?.Path);
    }

    [Fact]
    public void The_newest_version_is_the_one_of_the_highest_number()
    {
        using Folder folder = new();
        foreach (string version in (string[])["8.1.9", "8.1.28", "8.1.3"]) Directory.CreateDirectory(folder[version + "/bin"]);
        Assert.Equal([folder["8.1.28/bin"], folder["8.1.9/bin"], folder["8.1.3/bin"]], new Candidates(_ => null).Expand(folder.Path + "/*/bin"));
    }
}
