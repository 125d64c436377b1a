using System.Formats.Tar;
using Mana.Bundles.Store;
using Mana.Common.Errors;
using Mana.Testing;
using Xunit;
using ZstdSharp;

namespace Mana.Tests.Pieces;

/// <summary>Archives that nobody honest has written.</summary>
public sealed class ArchiveTests
{
    private static async Task<UserError> ImportAsync(Folder folder, params TarEntry[] entries)
    {
        string file = folder["a.tar.zst"];
        await using (FileStream stream = File.Create(file))
        await using (CompressionStream zstd = new(stream))
        await using (TarWriter tar = new(zstd))
            foreach (TarEntry entry in entries) await tar.WriteEntryAsync(entry);
        ManaHome home = new(folder["home"], folder["config"], folder["tool"]);
        UserErrorException refused = await Assert.ThrowsAsync<UserErrorException>(() => BundleArchive.ImportAsync(file, home, default));
        Assert.Empty(Directory.EnumerateFileSystemEntries(home.Bundles));
        return refused.Error;
    }

    private static PaxTarEntry FileEntry(string name, string text) =>
        new(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)) };

    [Theory]
    [InlineData("b/../../evil")]
    [InlineData("/etc/evil")]
    [InlineData("../evil")]
    public async Task A_path_that_leaves_the_bundle_is_refused(string name)
    {
        using Folder folder = new();
        UserError error = await ImportAsync(folder, FileEntry("b/manifest.toml", "format = 1\n"), FileEntry(name, "x"));
        Assert.Contains("no intact archive", error.What, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["home/evil"]) || File.Exists("/etc/evil"));
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../x")]
    public async Task A_link_that_leads_elsewhere_is_refused(string target)
    {
        using Folder folder = new();
        UserError error = await ImportAsync(folder, new PaxTarEntry(TarEntryType.SymbolicLink, "b/link") { LinkName = target });
        Assert.Contains("neither a file nor a link", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_bundles_in_one_archive_are_refused()
    {
        using Folder folder = new();
        UserError error = await ImportAsync(folder, FileEntry("a/x", "1"), FileEntry("b/x", "1"));
        Assert.Contains("more than one bundle", error.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("it has no manifest.toml", "b/x")]
    [InlineData("the manifest of a bundle is damaged", "b/manifest.toml")]
    [InlineData("'b/x/y' below a file", "b/x", "b/x/y")]
    [InlineData("'b/x/y/z' below a file", "b/x", "b/x/y/z")]
    [InlineData("'b/x' twice", "b/x", "b/x")]
    [InlineData("'b/x' in place of a folder", "b/x/y", "b/x")]
    public async Task What_no_bundle_looks_like_is_told_without_our_own_paths(string why, params string[] files)
    {
        using Folder folder = new();
        UserError error = await ImportAsync(folder, [.. files.Select(f => FileEntry(f, "x"))]);
        Assert.Contains("no intact archive of a bundle: " + (why[0] == '\'' ? "it holds " : "") + why, error.What, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Path, error.What, StringComparison.Ordinal);
        Assert.Equal(folder["a.tar.zst"], error.Where);
    }

    [Fact]
    public async Task What_is_no_archive_is_said_to_be_none()
    {
        using Folder folder = new();
        await File.WriteAllTextAsync(folder["a"], "hello");
        ManaHome home = new(folder["home"], folder["config"], folder["tool"]);
        UserErrorException refused = await Assert.ThrowsAsync<UserErrorException>(() => BundleArchive.ImportAsync(folder["a"], home, default));
        Assert.Contains("no intact archive", refused.Error.What, StringComparison.Ordinal);
    }
}
