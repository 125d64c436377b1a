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
/// <param name="Timeout">Of checkpoints that say none themselves, and of a restart; null: what <see cref="JobSettings"/> has.</param>
internal sealed record JobChoices(
    string? Name, string CheckpointDir, TimeSpan? Interval, TimeSpan? Timeout, int Keep, Compression Compression, bool ReferenceFiles, Signum? CheckpointSignal, string? Collectives)
{
    public const string DefaultDir = "mana-checkpoints";

    /// <summary>What the coordinator goes by. A restart has no less time than by default.</summary>
    public JobSettings Settings()
    {
        JobSettings usual = new();
        TimeSpan restart = Timeout > usual.RestartTimeout ? Timeout.Value : usual.RestartTimeout;
        return usual with { Compression = Compression, ReferenceFiles = ReferenceFiles, Timeout = Timeout ?? usual.Timeout, RestartTimeout = restart };
    }

    /// <summary>For -v.</summary>
    public override string ToString() =>
        (Interval is { } time ? $"one every {CheckpointErrors.Duration(time)}" : "none by the clock") + $", each within {CheckpointErrors.Duration(Settings().Timeout)}, {Keep} kept, compression {Compression.ToString().ToLowerInvariant()}";

    public static CollectiveStrategy Strategy(string? name) => name is "two-phase" ? CollectiveStrategy.TwoPhase : CollectiveStrategy.Clock;
}

/// <summary>Options that `launch` and `restart` share. Flag, then environment, then the user's configuration, then the site's profile, then a default.</summary>
internal sealed class JobOptions
{
    public const int DefaultKeep = 2;

    private readonly Option<string?> _dir = new("--checkpoint-dir") { Description = "The folder of the checkpoints (./mana-checkpoints).", HelpName = "DIR" };
    private readonly Option<string?> _interval = new("--interval") { Description = "Take a checkpoint every so often: 30m, 90s, 2h; or none.", HelpName = "TIME" };
    private readonly Option<string?> _timeout = new("--timeout") { Description = "Give a checkpoint up after this time: 90s, 15m (5m); and a restart, if that is longer than 15m.", HelpName = "TIME" };
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
        foreach (Option option in (Option[])[_dir, _interval, _timeout, _keep, _job, _collectives, _compress, _referenceFiles, _signal]) command.Add(option);
    }

    /// <summary>The codec's word, as mana-lower takes it; null for none.</summary>
    public static string? WordOf(Compression compression) => compression switch { Compression.Lz4 => "lz4", Compression.Zstd => "zstd", _ => null };

    /// <summary>What --checkpoint-dir says.</summary>
    public string? Directory(ParseResult parsed) => parsed.GetValue(_dir);

    /// <param name="kept">By the run that is carried on: not fewer, unless the flag says so.</param>
    public JobChoices Read(ParseResult parsed, CheckpointDefaults user, CheckpointDefaults site, int kept = 0)
    {
        int keep = parsed.GetValue(_keep) ?? Math.Max(user.Keep ?? site.Keep ?? DefaultKeep, kept);
        if (keep < 1) throw new UserErrorException(CliErrors.Keep(keep));
        string? name = parsed.GetValue(_job);
        return new JobChoices(
            name is null ? null : JobRegistry.RequireName(name),
            Directory(parsed) ?? Shared.FromEnvironment("MANA_CHECKPOINT_DIR") ?? user.Directory ?? site.Directory ?? JobChoices.DefaultDir,
            Said("interval", parsed.GetValue(_interval), user.Interval, site.Interval) is { Text: not CheckpointDefaults.NoInterval } interval ? Duration.Require(interval.Who, interval.Text) : null,
            Said("timeout", parsed.GetValue(_timeout), user.Timeout, site.Timeout) is { } timeout ? Duration.Require(timeout.Who, timeout.Text) : null,
            keep,
            (parsed.GetValue(_compress) ?? user.Compress ?? site.Compress) switch { "lz4" => Compression.Lz4, "zstd" => Compression.Zstd, _ => Compression.None },
            parsed.GetValue(_referenceFiles),
            parsed.GetValue(_signal) switch { "SIGUSR1" => Signum.SIGUSR1, "SIGUSR2" => Signum.SIGUSR2, _ => null },
            parsed.GetValue(_collectives));
    }

    /// <summary>The first time that is said, and who says it: a mistake is told by who made it.</summary>
    /// <param name="name">Of the key; option and variable are called after it.</param>
    private static (string Who, string Text)? Said(string name, string? flag, string? user, string? site)
    {
        string variable = "MANA_" + name.ToUpperInvariant();
        (string Who, string? Text)[] said =
            [("--" + name, flag), (variable, Shared.FromEnvironment(variable)), ($"{name}, in your configuration,", user), ($"{name}, in the bundle's profile,", site)];
        (string who, string? text) = said.FirstOrDefault(s => s.Text is not null);
        return text is null ? null : (who, text);
    }
}
