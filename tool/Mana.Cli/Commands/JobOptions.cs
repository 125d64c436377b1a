using System.CommandLine;
using Mana.Bundles.Launch;
using Mana.Bundles.Profile;
using Mana.Common.Errors;
using Mana.Common.Words;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mono.Unix.Native;

namespace Mana.Cli.Commands;

/// <summary>What the user said about a job's checkpoints.</summary>
/// <param name="Collectives">clock or two-phase; null: as the job began.</param>
internal sealed record JobChoices(string? Name, string CheckpointDir, TimeSpan? Interval, int Keep, Compression Compression, bool ReferenceFiles, Signum? CheckpointSignal, string? Collectives)
{
    public const string DefaultDir = "mana-checkpoints";

    /// <summary>For -v.</summary>
    public override string ToString() =>
        (Interval is { } time ? $"one every {CheckpointErrors.Duration(time)}" : "none by the clock") + $", {Keep} kept, compression {Compression.ToString().ToLowerInvariant()}";

    public static CollectiveStrategy Strategy(string? name) => name is "two-phase" ? CollectiveStrategy.TwoPhase : CollectiveStrategy.Clock;
}

/// <summary>Options that `launch` and `restart` share. Flag, then environment, then the user's configuration, then the site's profile, then a default.</summary>
internal sealed class JobOptions
{
    public const int DefaultKeep = 2;

    private readonly Option<string?> _dir = new("--checkpoint-dir") { Description = "The folder of the checkpoints (./mana-checkpoints).", HelpName = "DIR" };
    private readonly Option<string?> _interval = new("--interval") { Description = "Take a checkpoint every so often: 30m, 90s, 2h.", HelpName = "TIME" };
    private readonly Option<int?> _keep = new("--keep") { Description = $"How many checkpoints stay; older ones are removed ({DefaultKeep}).", HelpName = "N" };
    private readonly Option<string?> _job = new("--job") { Description = "Name of the job; else the program's name and a number.", HelpName = "NAME" };
    private readonly Option<string?> _collectives = new("--collectives")
    {
        Description = "How collectives are brought to a stop: clock (the default) or two-phase, which costs a barrier before each but never waits for a member that comes late.",
        HelpName = "STRATEGY",
    };

    private readonly Option<string?> _compress = new("--compress") { Description = "How images are compressed: none (the default), lz4 (fast) or zstd (smaller)." };
    private readonly Option<bool> _referenceFiles = new("--reference-files")
    {
        Description = "Images leave out what the program has not changed of the files it has mapped (program, libraries): a restart needs the same files.",
    };

    private readonly Option<string> _signal = new("--checkpoint-signal")
    {
        Description = "At this signal a checkpoint is taken and the job stopped (exit code 85): SIGUSR1, SIGUSR2 or none.",
        DefaultValueFactory = _ => "SIGUSR1",
        HelpName = "SIGNAL",
    };

    public JobOptions()
    {
        _collectives.AcceptOnlyFromAmong("clock", "two-phase");
        _compress.AcceptOnlyFromAmong([.. CheckpointDefaults.Codecs]);
        _signal.AcceptOnlyFromAmong("SIGUSR1", "SIGUSR2", "none");
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_dir, _interval, _keep, _job, _collectives, _compress, _referenceFiles, _signal]) command.Add(option);
    }

    /// <summary>The codec's word, as mana-lower takes it; null for none.</summary>
    public static string? WordOf(Compression compression) => compression switch { Compression.Lz4 => "lz4", Compression.Zstd => "zstd", _ => null };

    /// <summary>What --checkpoint-dir says.</summary>
    public string? Directory(ParseResult parsed) => parsed.GetValue(_dir);

    public JobChoices Read(ParseResult parsed, CheckpointDefaults user, CheckpointDefaults site)
    {
        int keep = parsed.GetValue(_keep) ?? user.Keep ?? site.Keep ?? DefaultKeep;
        if (keep < 1) throw new UserErrorException(CliErrors.Keep(keep));
        string? name = parsed.GetValue(_job);
        return new JobChoices(
            name is null ? null : JobRegistry.RequireName(name),
            Directory(parsed) ?? Shared.FromEnvironment("MANA_CHECKPOINT_DIR") ?? user.Directory ?? site.Directory ?? JobChoices.DefaultDir,
            Interval(("--interval", parsed.GetValue(_interval)), ("MANA_INTERVAL", Shared.FromEnvironment("MANA_INTERVAL")), ("interval, in your configuration,", user.Interval), ("interval, in the bundle's profile,", site.Interval)),
            keep,
            (parsed.GetValue(_compress) ?? user.Compress ?? site.Compress) switch { "lz4" => Compression.Lz4, "zstd" => Compression.Zstd, _ => Compression.None },
            parsed.GetValue(_referenceFiles),
            parsed.GetValue(_signal) switch { "SIGUSR1" => Signum.SIGUSR1, "SIGUSR2" => Signum.SIGUSR2, _ => null },
            parsed.GetValue(_collectives));
    }

    /// <summary>The first that is said; a mistake is told by who made it.</summary>
    private static TimeSpan? Interval(params (string Who, string? Text)[] said)
    {
        (string who, string? text) = said.FirstOrDefault(s => s.Text is not null);
        return text is null ? null : Duration.Require(who, text);
    }
}
