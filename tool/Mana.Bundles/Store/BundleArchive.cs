using System.Formats.Tar;
using Mana.Bundles.Build;
using Mana.Common.Errors;
using ZstdSharp;

namespace Mana.Bundles.Store;

/// <summary>
/// A bundle as one file: tar, compressed by zstd. The first folder of every path is the bundle's name. Import trusts nothing: sizes are capped
/// before anything is written, paths stay inside the bundle, links point beside themselves, and every file must have its checksum.
/// </summary>
public static class BundleArchive
{
    private const long MaxBytes = 4L << 30;
    private const int MaxEntries = 20_000;
    private const int LongestPart = 255;
    private const int CompressionLevel = 9;

    public static async Task ExportAsync(Bundle bundle, string file, CancellationToken stop)
    {
        string temporary = file + ".new";
        try
        {
            await using (FileStream stream = new(temporary, FileMode.Create, FileAccess.Write))
            await using (CompressionStream zstd = new(stream, CompressionLevel))
            await using (TarWriter tar = new(zstd, TarEntryFormat.Pax))
                foreach (string path in Directory.EnumerateFileSystemEntries(bundle.Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
                    await tar.WriteEntryAsync(path, bundle.Name + "/" + Path.GetRelativePath(bundle.Folder, path), stop);
            File.Move(temporary, file, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public static async Task<Bundle> ImportAsync(string file, ManaHome home, CancellationToken stop)
    {
        if (!File.Exists(file)) throw new UserErrorException(ArchiveErrors.Missing(file));
        try
        {
            return await UnpackAsync(file, home, stop);
        }
        catch (Exception e) when (e is ZstdException or InvalidDataException or FormatException or EndOfStreamException)
        {
            throw new UserErrorException(ArchiveErrors.Damaged(file, e.Message), e);
        }
    }

    private static async Task<Bundle> UnpackAsync(string file, ManaHome home, CancellationToken stop)
    {
        await using FileStream stream = File.OpenRead(file);
        await using DecompressionStream zstd = new(stream);
        await using TarReader tar = new(zstd);
        string bundles = ManaHome.Ensure(home.Bundles);
        Staging? staging = null;
        string? name = null;
        try
        {
            long bytes = 0;
            for (int count = 0; await tar.GetNextEntryAsync(copyData: false, stop) is { } entry; count++)
            {
                bytes += entry.Length;
                if (bytes > MaxBytes || count >= MaxEntries) throw new InvalidDataException("it is larger than any bundle");
                string[] parts = Parts(entry.Name);
                name ??= parts[0];
                if (!string.Equals(name, parts[0], StringComparison.Ordinal)) throw new InvalidDataException("it holds more than one bundle");
                staging ??= Begin(bundles, name);
                await WriteAsync(entry, Free(staging.Folder, parts, entry.Name), stop);
            }
            if (staging is null) throw new InvalidDataException("it is empty");
            Check(staging.Folder);
            staging.Commit();
            return Bundle.Open(Path.Combine(bundles, name!));
        }
        finally
        {
            staging?.Dispose();
        }
    }

    private static Staging Begin(string bundles, string name)
    {
        string target = Path.Combine(bundles, BundleStore.RequireName(name));
        return Directory.Exists(target) ? throw new UserErrorException(ArchiveErrors.Exists(name, target)) : new Staging(bundles, target);
    }

    private static string[] Parts(string path)
    {
        string[] parts = path.TrimEnd('/').Split('/');
        return parts.Any(p => p is "" or "." or ".." || p.Length > LongestPart || p.Contains('\0', StringComparison.Ordinal)) ? throw new InvalidDataException($"it holds the path '{path}'") : parts;
    }

    /// <summary>Where an entry goes: below folders, and where nothing stands but, for a folder, itself.</summary>
    private static string Free(string folder, string[] parts, string name)
    {
        string target = folder;
        foreach (string part in parts[1..])
        {
            if (File.Exists(target)) throw new InvalidDataException($"it holds '{name}' below a file");
            target = Path.Combine(target, part);
        }
        return File.Exists(target) ? throw new InvalidDataException($"it holds '{name}' twice") : target;
    }

    private static async Task WriteAsync(TarEntry entry, string target, CancellationToken stop)
    {
        if (entry.EntryType is not TarEntryType.Directory && Directory.Exists(target)) throw new InvalidDataException($"it holds '{entry.Name}' in place of a folder");
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                Directory.CreateDirectory(target);
                break;
            case TarEntryType.RegularFile:
                await entry.ExtractToFileAsync(target, overwrite: false, stop);
                break;
            case TarEntryType.SymbolicLink when !entry.LinkName.Contains('/', StringComparison.Ordinal) && entry.LinkName is not ("." or ".."):
                File.CreateSymbolicLink(target, entry.LinkName);
                break;
            default:
                throw new InvalidDataException($"it holds '{entry.Name}', which is neither a file nor a link beside itself");
        }
    }

    private static void Check(string folder)
    {
        string file = Path.Combine(folder, BundleManifest.FileName);
        if (!File.Exists(file)) throw new InvalidDataException($"it has no {BundleManifest.FileName}");
        BundleManifest manifest = Read(file);
        IReadOnlyList<FileRecord> found = BundleAssembler.Checksums(folder);
        string? wrong = manifest.Files.Except(found).Concat(found.Except(manifest.Files)).Select(f => f.Path).FirstOrDefault();
        if (wrong is not null) throw new InvalidDataException($"'{wrong}' does not have the checksum that its manifest tells");
    }

    /// <summary>Its path, in a folder that is gone by then, is of no use to a user.</summary>
    private static BundleManifest Read(string file)
    {
        try
        {
            return ManifestText.Read(file);
        }
        catch (UserErrorException e)
        {
            throw new InvalidDataException(e.Error.What, e);
        }
    }
}

public static class ArchiveErrors
{
    public static UserError Missing(string file) => new("the archive does not exist", "Check the path.", file);

    public static UserError Damaged(string file, string why) => new(
        "this is no intact archive of a bundle: " + why, "Export the bundle again (mana bundle export) and copy the file anew.", file);

    public static UserError Exists(string name, string folder) => new(
        $"a bundle named '{name}' exists already", "Remove it first: mana bundle remove " + name, folder);
}
