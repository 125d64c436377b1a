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

    /// <summary>The highest level there is, canonical.</summary>
    private const long MpiThreadMultiple = 4096;

    public static string ImageName(int rank) => $"rank-{rank}.img";

    public ulong Stored => Record.Images.Aggregate(0UL, (sum, i) => sum + i.Stored);

    public string Write()
    {
        TomlText text = new();
        text.Comment("Written when all ranks had stored their images. Not to be edited.")
            .Pair("format", CurrentFormat).Pair("epoch", Record.Epoch).Pair("job", Job.Job).Pair("ranks", Record.Images.Count)
            .Pair("thread_level", Record.ThreadLevel).Pair("time", Time.ToString("O", CultureInfo.InvariantCulture)).Pair("host", Host)
            .Pair("milliseconds", (long)Record.Elapsed.TotalMilliseconds);
        text.Table("program").Pair("name", Job.Program).Pair("arguments", Job.Arguments).Pair("working_directory", Job.WorkingDirectory)
            .Pair("abi", Job.ProgramAbi).Pair("syscalls", Job.Syscalls).Pair("collectives", Job.Collectives);
        text.Table("bundle").Pair("name", Job.Bundle).Pair("backend", Job.Backend).Pair("mpi_version", Job.MpiVersion);
        foreach (RankImage i in Record.Images)
            text.Item("image").Pair("rank", i.Rank).Pair("host", i.Host).Pair("bytes", (long)i.Bytes).Pair("stored", (long)i.Stored)
                .Pair("checksum", i.Checksum.ToString("x16", CultureInfo.InvariantCulture)).Pair("milliseconds", i.Milliseconds);
        return text.ToString();
    }

    public static CheckpointManifest Read(string file)
    {
        TomlSection root = TomlSection.Read(file);
        long format = root.Number("format");
        if (format != CurrentFormat) throw new UserErrorException(CheckpointFileErrors.Format(file, format, CurrentFormat));
        TomlSection program = root.Section("program"), bundle = root.Section("bundle");
        JobDescription job = new()
        {
            Job = Valid(root.Text("job"), JobRegistry.IsName, "its job's name is none", file),
            Program = program.Text("name"),
            Arguments = program.Texts("arguments"),
            WorkingDirectory = program.Text("working_directory"),
            ProgramAbi = program.Text("abi"),
            Syscalls = Valid(program.Text("syscalls"), s => s is "patch" or "dispatch", "its kind of system calls is unknown", file),
            Collectives = Valid(program.Text("collectives"), s => s is "clock" or "two-phase", "its kind of collectives is unknown", file),
            Bundle = bundle.Text("name"),
            Backend = bundle.Text("backend"),
            MpiVersion = bundle.Text("mpi_version"),
        };
        RankImage[] images = [.. root.Sections("image").Select(s => Image(s, file))];
        CheckpointRecord record = new(
            (uint)Number(root, "epoch", uint.MaxValue, file), (uint)Number(root, "thread_level", MpiThreadMultiple, file),
            TimeSpan.FromMilliseconds(Number(root, "milliseconds", uint.MaxValue, file)), images);
        if (root.Number("ranks") != images.Length || images.Where((image, at) => image.Rank != at).Any())
            throw new UserErrorException(CheckpointFileErrors.Damaged(file, "it does not list each rank once"));
        if (!DateTimeOffset.TryParse(root.Text("time"), CultureInfo.InvariantCulture, out DateTimeOffset time)) throw new UserErrorException(CheckpointFileErrors.Damaged(file, "its time is none"));
        CheckpointManifest manifest = new(job, record, root.Text("host"), time);
        foreach (TomlSection section in (TomlSection[])[program, bundle, root]) section.Close();
        return manifest;
    }

    private static RankImage Image(TomlSection s, string file)
    {
        if (!ulong.TryParse(s.Text("checksum"), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong checksum))
            throw new UserErrorException(CheckpointFileErrors.Damaged(file, "a checksum is none"));
        RankImage image = new(
            (int)Number(s, "rank", int.MaxValue, file), s.Text("host"), (ulong)Number(s, "bytes", long.MaxValue, file), (ulong)Number(s, "stored", long.MaxValue, file),
            checksum, (uint)Number(s, "milliseconds", uint.MaxValue, file));
        s.Close();
        return image;
    }

    private static long Number(TomlSection s, string key, long most, string file) => Valid(s.Number(key), n => n >= 0 && n <= most, $"its '{key}' is out of range", file);

    private static T Valid<T>(T value, Predicate<T> isGood, string why, string file) =>
        isGood(value) ? value : throw new UserErrorException(CheckpointFileErrors.Damaged(file, why));
}

public static class CheckpointFileErrors
{
    public static UserError Format(string file, long format, int known) => new(
        $"this checkpoint has format {format}, this mana reads format {known}", "Restart it with the release of mana that wrote it.", file);

    public static UserError Damaged(string file, string why) => new("the manifest of a checkpoint is damaged: " + why, "Use another checkpoint: mana images list", file);
}
