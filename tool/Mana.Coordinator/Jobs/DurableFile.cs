using Mono.Unix;
using Mono.Unix.Native;

namespace Mana.Coordinator.Jobs;

/// <summary>Files that are whole or absent, whenever the machine stops.</summary>
public static class DurableFile
{
    public const UnixFileMode OwnFile = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    public const UnixFileMode OwnFolder = OwnFile | UnixFileMode.UserExecute;

    /// <summary>Writes beside the file, syncs, renames over it: that is the last it does. The name is on disk when <see cref="SyncFolder"/> has been called (man 2 fsync).</summary>
    public static void Write(string file, string text, Action? beforeRename = null)
    {
        string beside = file + ".tmp";
        File.Delete(beside);
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnFile };
        using (FileStream stream = new(beside, options))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(text));
            stream.Flush(flushToDisk: true);
        }
        beforeRename?.Invoke();
        File.Move(beside, file, overwrite: true);
    }

    /// <summary>Makes it, and what is missing above it: their names are on disk then.</summary>
    public static void MakeFolder(string folder)
    {
        if (Directory.Exists(folder)) return;
        string above = Path.GetDirectoryName(folder)!;
        MakeFolder(above);
        Directory.CreateDirectory(folder, OwnFolder);
        SyncFolder(above);
    }

    /// <summary>Whether that could be, and files be made in it: as far as can be told without doing it.</summary>
    public static bool MayMake(string folder)
    {
        string above = folder;
        while (!Path.Exists(above)) above = Path.GetDirectoryName(above)!;
        return Directory.Exists(above) && Syscall.access(above, AccessModes.W_OK | AccessModes.X_OK) == 0;
    }

    public static void SyncFolder(string folder)
    {
        int fd = Syscall.open(folder, OpenFlags.O_RDONLY | OpenFlags.O_DIRECTORY | OpenFlags.O_CLOEXEC);
        if (fd < 0) throw new IOException($"{folder}: {new UnixIOException(Stdlib.GetLastError()).Message}");
        try
        {
            // EINVAL: a file system that cannot sync folders orders its names itself.
            if (Syscall.fsync(fd) != 0 && Stdlib.GetLastError() != Errno.EINVAL) throw new IOException($"{folder}: {new UnixIOException(Stdlib.GetLastError()).Message}");
        }
        finally
        {
            _ = Syscall.close(fd);
        }
    }
}
