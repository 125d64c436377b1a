using System.CommandLine;
using System.Text.Json.Nodes;
using Mana.Bundles.Launch;
using Mana.Cli.Terminal;
using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;

namespace Mana.Cli.Commands;

/// <summary>The checkpoints on disk.</summary>
internal static class Images
{
    public static (Command Group, CommandWithExamples[] Commands) Make(Tool tool) =>
        (new Command("images", "Shows, checks and removes checkpoints on disk."), [List(tool), Show(tool), Verify(tool), Prune(tool)]);

    private static CommandWithExamples List(Tool tool)
    {
        (Argument<string?> path, Option<bool> json) = Common();
        Command command = new("list", "Lists checkpoints.") { path, json };
        command.SetAction(parsed =>
        {
            Listing listing = new(
                ("job", "Job"), ("epoch", "Epoch"), ("time", "Taken"), ("ranks", "Ranks"), ("bytes", "Size"), ("mpi", "MPI"), ("program", "Program"), ("folder", "Folder"));
            bool machine = parsed.GetValue(json);
            IReadOnlyList<string> places = CheckpointSearch.Places(tool, parsed.GetValue(path));
            foreach (EpochFolder epoch in places.SelectMany(CheckpointSearch.All).Where(e => e.Committed))
            {
                if (Readable(epoch) is not { } m) continue;
                listing.Add(
                    m.Job.Job, m.Record.Epoch, machine ? m.Time.ToString("O") : m.Time.LocalDateTime.ToString("g"), m.Record.Images.Count,
                    machine ? JsonValue.Create(m.Stored) : Size.Of(m.Stored), $"{m.Job.Backend} {m.Job.MpiVersion}", m.Job.Program, epoch.Path);
            }
            listing.Write(machine, "there is no checkpoint in " + string.Join(", ", places));
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana images list", "mana images list /scratch/checkpoints --json"]);
    }

    /// <summary>One that is damaged does not hide the others.</summary>
    private static CheckpointManifest? Readable(EpochFolder epoch)
    {
        try
        {
            return CheckpointManifest.Read(epoch.Manifest);
        }
        catch (UserErrorException e)
        {
            Output.Error(e.Error);
            return null;
        }
    }

    private static CommandWithExamples Show(Tool tool)
    {
        (Argument<string?> path, Option<bool> json) = Common();
        Command command = new("show", "Shows what a checkpoint was taken of, and its images.") { path, json };
        command.SetAction(parsed =>
        {
            EpochFolder epoch = Meant(tool, parsed, path);
            CheckpointManifest m = CheckpointManifest.Read(epoch.Manifest);
            if (!parsed.GetValue(json))
            {
                Console.Out.Write(File.ReadAllText(epoch.Manifest));
                return ExitCodes.Success;
            }
            Listing.WriteJson(new JsonObject
            {
                ["folder"] = epoch.Path,
                ["job"] = m.Job.Job,
                ["epoch"] = m.Record.Epoch,
                ["time"] = m.Time.ToString("O"),
                ["program"] = m.Job.Program,
                ["arguments"] = new JsonArray([.. m.Job.Arguments.Select(a => JsonValue.Create(a))]),
                ["working_directory"] = m.Job.WorkingDirectory,
                ["bundle"] = m.Job.Bundle,
                ["backend"] = m.Job.Backend,
                ["mpi_version"] = m.Job.MpiVersion,
                ["bytes"] = m.Stored,
                ["images"] = new JsonArray([.. m.Record.Images.Select(Describe)]),
            });
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana images show", "mana images show mana-checkpoints/simulation/epoch-0003 --json"]);
    }

    private static JsonObject Describe(RankImage image) => new()
    {
        ["rank"] = image.Rank,
        ["host"] = image.Host,
        ["bytes"] = image.Bytes,
        ["stored"] = image.Stored,
        ["checksum"] = image.Checksum.ToString("x16"),
        ["milliseconds"] = image.Milliseconds,
    };

    private static CommandWithExamples Verify(Tool tool)
    {
        (Argument<string?> path, Option<bool> json) = Common();
        Command command = new("verify", "Reads the images of a checkpoint and compares every checksum.") { path, json };
        command.SetAction(parsed =>
        {
            EpochFolder epoch = Meant(tool, parsed, path);
            Listing listing = new(("rank", "Rank"), ("file", "File"), ("state", "State"));
            int bad = 0;
            CheckpointManifest manifest = CheckpointManifest.Read(epoch.Manifest);
            tool.Talk.Progress($"reading {manifest.Record.Images.Count} image{(manifest.Record.Images.Count == 1 ? "" : "s")}, {Size.Of(manifest.Stored)} in all");
            foreach (RankImage image in manifest.Record.Images)
            {
                string file = Path.Combine(epoch.Path, CheckpointManifest.ImageName(image.Rank));
                string? damage = ImageCheck.Damage(file, image);
                if (damage is not null) bad++;
                listing.Add(image.Rank, file, damage ?? "good");
            }
            listing.Write(parsed.GetValue(json), "the checkpoint has no images");
            return bad == 0 ? ExitCodes.Success : Output.Fail(CliErrors.ImagesDamaged(bad));
        });
        return new CommandWithExamples(command, ["mana images verify", "mana images verify mana-checkpoints/simulation/epoch-0003"]);
    }

    private static CommandWithExamples Prune(Tool tool)
    {
        Argument<string?> path = PathArgument("A job's folder, or a folder of jobs.");
        Option<int?> keep = new("--keep") { Description = $"How many checkpoints of each job stay ({JobOptions.DefaultKeep}).", HelpName = "N" };
        Command command = new("prune", "Removes old checkpoints, and what unfinished ones left.") { path, keep };
        command.SetAction(parsed =>
        {
            int n = parsed.GetValue(keep) ?? UserSettings.Read(tool.Home.Settings).Checkpoints.Keep ?? JobOptions.DefaultKeep;
            if (n < 1) throw new UserErrorException(CliErrors.Keep(n));
            if (parsed.GetValue(path) is { } named && !Directory.Exists(named)) throw new UserErrorException(CliErrors.NoFolder(named));
            // Not where only the profile of a bundle says: others may have their checkpoints there, too.
            string place = Path.GetFullPath(CheckpointSearch.Places(tool, parsed.GetValue(path))[0]);
            if (EpochFolder.TryOpen(place) is not null) throw new UserErrorException(CliErrors.OneCheckpoint(place));
            JobRegistry jobs = new(tool.Home.Jobs, tool.Talk.Inform);
            Pruned[] done = [.. CheckpointSearch.JobFolders(place).Select(folder => CheckpointFolder.Prune(folder, n, idle: !jobs.IsUsed(folder)))];
            string[] removed = [.. done.SelectMany(d => d.Removed)], failures = [.. done.SelectMany(d => d.Failures)];
            foreach (string folder in removed) tool.Talk.Inform("removed " + folder);
            if (failures.Length > 0) return Output.Fail(CliErrors.NotRemoved(failures));
            if (removed.Length == 0) tool.Talk.Inform("there is nothing to remove in " + place);
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana images prune", "mana images prune --keep 1 /scratch/checkpoints"]);
    }

    private static EpochFolder Meant(Tool tool, ParseResult parsed, Argument<string?> path) =>
        CheckpointSearch.Find(parsed.GetValue(path), CheckpointSearch.Places(tool, null), $"mana images {parsed.CommandResult.Command.Name} PATH");

    private static (Argument<string?> Path, Option<bool> Json) Common() => (PathArgument("A checkpoint, a job's folder, or a folder of jobs."), Shared.Json());

    private static Argument<string?> PathArgument(string which) => new("PATH") { Description = which, Arity = ArgumentArity.ZeroOrOne };
}
