using System.Globalization;
using Mana.Common.Errors;
using Mana.Common.Toml;
using Mana.Coordinator.Checkpoint;

namespace Mana.Coordinator.Jobs;

/// <summary>What runs: recorded with every checkpoint, so that a restart needs nothing else.</summary>
public sealed record JobDescription
{
    public required string Job { get; init; }

    public required string Program { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    public required string WorkingDirectory { get; init; }

    public required string Bundle { get; init; }

    public required string Backend { get; init; }

    /// <summary>Of the MPI of the bundle.</summary>
    public required string MpiVersion { get; init; }

    /// <summary>The ABI the program is linked with; empty where that cannot be told.</summary>
    public string ProgramAbi { get; init; } = "";

    /// <summary>patch or dispatch.</summary>
    public string Syscalls { get; init; } = "patch";

    /// <summary>clock or two-phase.</summary>
    public string Collectives { get; init; } = "clock";
}

/// <summary>manifest.toml of a checkpoint: its presence makes the folder one.</summary>
public sealed record CheckpointManifest(JobDescription Job, CheckpointRecord Record, string Host, DateTimeOffset Time)
{
    public const string FileName = "manifest.toml";
    private const int CurrentFormat = 1;

    private static readonly WrittenFile s_written = new(CurrentFormat, (file, format) => CheckpointFileErrors.Format(file, format, CurrentFormat), CheckpointFileErrors.Damaged);

    /// <summary>The highest level there is, canonical.</summary>
    private const long MpiThreadMultiple = 4096;

    /// <summary>Checkpoints up to this one, in the same folder, are not of the run that wrote this one (<see cref="EarlierRuns"/>); 0: none.</summary>
    public uint Earlier { get; init; }

    /// <summary>How many checkpoints of the run stay; 0 where that was not written.</summary>
    public int Keep { get; init; }

    public static string ImageName(int rank) => $"rank-{rank}.img";

    public ulong Stored => Record.Images.Aggregate(0UL, (sum, i) => sum + i.Stored);

    public string Write()
    {
        TomlText text = new();
        text.Comment("Written when all ranks had stored their images. Not to be edited.")
            .Pair("format", CurrentFormat).Pair("epoch", Record.Epoch).Pair("job", Job.Job).Pair("ranks", Record.Images.Count)
            .Pair("thread_level", Record.ThreadLevel).Pair("time", Time.ToString("O", CultureInfo.InvariantCulture)).Pair("host", Host)
            .Pair("milliseconds", (long)Record.Elapsed.TotalMilliseconds).Pair("earlier", Earlier).Pair("keep", Keep);
        text.Table("program").Pair("name", Job.Program).Pair("arguments", Job.Arguments).Pair("working_directory", Job.WorkingDirectory)
            .Pair("abi", Job.ProgramAbi).Pair("syscalls", Job.Syscalls).Pair("collectives", Job.Collectives);
        text.Table("bundle").Pair("name", Job.Bundle).Pair("backend", Job.Backend).Pair("mpi_version", Job.MpiVersion);
        foreach (RankImage i in Record.Images)
            text.Item("image").Pair("rank", i.Rank).Pair("host", i.Host).Pair("bytes", (long)i.Bytes).Pair("stored", (long)i.Stored)
                .Pair("checksum", i.Checksum.ToString("x16", CultureInfo.InvariantCulture)).Pair("milliseconds", i.Milliseconds);
        return text.ToString();
    }

    /// <summary>Reads it as if somebody else had written it: what cannot be is told as damage.</summary>
    public static CheckpointManifest Read(string file) => s_written.Read(file, Take);

    private static CheckpointManifest Take(TomlSection root)
    {
        RankImage[] images = [.. root.Sections("image").Select(TakeImage)];
        CheckpointRecord record = new(
            (uint)Number(root, "epoch", uint.MaxValue), (uint)Number(root, "thread_level", MpiThreadMultiple), TimeSpan.FromMilliseconds(Number(root, "milliseconds", uint.MaxValue)), images);
        if (images.Length == 0 || root.Number("ranks") != images.Length || images.Where((image, at) => image.Rank != at).Any())
            throw new InvalidDataException("it does not list each rank once");
        if (!DateTimeOffset.TryParse(root.Text("time"), CultureInfo.InvariantCulture, out DateTimeOffset time)) throw new InvalidDataException("its time is none");
        return new CheckpointManifest(TakeJob(root), record, root.Text("host"), time)
        {
            Earlier = root.Has("earlier") ? (uint)Number(root, "earlier", Math.Max(record.Epoch, 1) - 1L) : 0,
            Keep = root.Has("keep") ? (int)Number(root, "keep", int.MaxValue) : 0,
        };
    }

    private static JobDescription TakeJob(TomlSection root)
    {
        TomlSection program = root.Section("program"), bundle = root.Section("bundle");
        JobDescription job = new()
        {
            Job = Valid(root.Text("job"), JobRegistry.IsName, "its job's name is none"),
            Program = program.Text("name"),
            Arguments = program.Texts("arguments"),
            WorkingDirectory = program.Text("working_directory"),
            ProgramAbi = program.Text("abi"),
            Syscalls = Valid(program.Text("syscalls"), s => s is "patch" or "dispatch", "its kind of system calls is unknown"),
            Collectives = Valid(program.Text("collectives"), s => s is "clock" or "two-phase", "its kind of collectives is unknown"),
            Bundle = bundle.Text("name"),
            Backend = bundle.Text("backend"),
            MpiVersion = bundle.Text("mpi_version"),
        };
        program.Close();
        bundle.Close();
        return job;
    }

    private static RankImage TakeImage(TomlSection s)
    {
        if (!ulong.TryParse(s.Text("checksum"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong checksum)) throw new InvalidDataException("a checksum is none");
        RankImage image = new(
            (int)Number(s, "rank", int.MaxValue), s.Text("host"), (ulong)Number(s, "bytes", long.MaxValue), (ulong)Number(s, "stored", long.MaxValue),
            checksum, (uint)Number(s, "milliseconds", uint.MaxValue));
        s.Close();
        return image;
    }

    private static long Number(TomlSection s, string key, long most) => Valid(s.Number(key), n => n >= 0 && n <= most, $"its '{key}' is out of range");

    private static T Valid<T>(T value, Predicate<T> isGood, string why) => isGood(value) ? value : throw new InvalidDataException(why);
}

public static class CheckpointFileErrors
{
    public static UserError Format(string file, long format, int known) => new(
        $"this checkpoint has format {format}, this mana reads format {known}", "Restart it with the release of mana that wrote it.", file);

    public static UserError Damaged(string place, string why) => new("the manifest of a checkpoint is damaged: " + why, "Use another checkpoint: mana images list", place);
}
