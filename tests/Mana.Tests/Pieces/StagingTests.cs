using Mana.Bundles.Build;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>A folder that becomes a bundle by a rename.</summary>
public sealed class StagingTests
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite, Program = Own | UnixFileMode.UserExecute;

    /// <summary>Written as under umask 077.</summary>
    [Fact]
    public void Who_may_enter_the_folder_above_may_use_the_bundle()
    {
        using Folder folder = new();
        using Staging staging = new(folder.Path, folder["b"]);
        Directory.CreateDirectory(staging.Folder + "/upper", Program);
        foreach ((string file, UnixFileMode mode) in new[] { ("/manifest.toml", Own), ("/upper/lib.so", Program) })
        {
            File.WriteAllText(staging.Folder + file, "");
            File.SetUnixFileMode(staging.Folder + file, mode);
        }
        File.CreateSymbolicLink(staging.Folder + "/upper/alias.so", "lib.so");
        staging.Commit();
        foreach ((string entry, string mode) in new[] { ("b", "755"), ("b/upper", "755"), ("b/manifest.toml", "644"), ("b/upper/alias.so", "755") })
            Assert.Equal(mode, Convert.ToString((int)File.GetUnixFileMode(folder[entry]), 8));
    }

    [Fact]
    public void What_an_earlier_replacement_had_to_leave_is_deleted_by_the_next()
    {
        using Folder folder = new();
        foreach (string old in (string[])["b/old", ".b.99.new.old/older", ".bb.99.new.old/another"]) Directory.CreateDirectory(folder[old]);
        using (Staging staging = new(folder.Path, folder["b"]))
        {
            File.WriteAllText(staging.Folder + "/new", "");
            staging.Commit();
        }
        Assert.Equal([".bb.99.new.old", "b"], Directory.EnumerateFileSystemEntries(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal([folder["b/new"]], Directory.EnumerateFileSystemEntries(folder["b"]));
    }
}
