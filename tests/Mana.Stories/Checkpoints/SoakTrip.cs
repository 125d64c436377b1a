using System.Text;
using System.Text.RegularExpressions;
using Mana.Testing;

namespace Mana.Stories.Checkpoints;

/// <summary>One job of the soak from its launch to its end, over up to two restarts. A checkpoint that fails is wrong, unless the program's end explains it.</summary>
internal sealed partial class SoakTrip(House house, Random random, string story, string name)
{
    /// <summary>Of each leg.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private const int Legs = 3;

    /// <summary>Steps of a story: some four seconds.</summary>
    private const string Long = "250";

    private readonly List<string> _trail = [];

    /// <summary>What went wrong, as it was told.</summary>
    private readonly StringBuilder _wrong = new();

    /// <summary>Committed ones.</summary>
    public int Checkpoints { get; private set; }

    public int Restarts { get; private set; }

    public override string ToString() => $"{name} {story}, {string.Join(", ", _trail)}";

    /// <summary>Null, or what went wrong.</summary>
    public async Task<string?> RunAsync()
    {
        using Folder folder = new();
        Job.Place place = new(house, folder, name, 2, Stories.Environment);
        try
        {
            await TravelAsync(place);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            _wrong.AppendLine(e.Message);
        }
        string log = Path.Combine(place.JobFolder, "job.log");
        Checkpoints = File.Exists(log) ? Committed().Count(await File.ReadAllTextAsync(log)) : 0;
        return _wrong.Length == 0 ? null : _wrong.ToString();
    }

    private async Task TravelAsync(Job.Place place)
    {
        bool ofDebian = story == "lammps";
        Workload lammps = Workload.Lammps(12, 800);
        Mpi site = Any(Mpi.All);
        string[] words = ofDebian ? [] : [House.CheckpointStory(story, Any(Mpi.All)), Long];
        string expected = ofDebian ? await house.NativeResultAsync(lammps, 2) : await house.NativeStoryAsync(story, 2, Long);
        Job job = Job.Launch(place, site, ofDebian ? lammps.Prepare(place.Folder) : words, Limit, Clock(site));
        StringBuilder output = new();
        try
        {
            Outcome end = await GoOnAsync(job);
            for (int leg = 1; end.ExitCode == Job.Stopped; leg++)
            {
                output.Append(end.Output);
                await job.DisposeAsync();
                site = site == Mpi.Mpich ? Mpi.OpenMpi : Mpi.Mpich;
                Restarts++;
                job = Job.Restart(place, site, place.JobFolder, Limit, Clock(site));
                end = await (leg < Legs - 1 ? GoOnAsync(job) : EndAsync(job));
            }
            if (end is not { ExitCode: 0, TimedOut: false })
            {
                _wrong.AppendLine(end.ToString());
                return;
            }
            await File.WriteAllTextAsync(place.Folder["stdout"], output + end.Output);
            string result = ofDebian ? lammps.Result(place.Folder) : output + end.Output;
            if (result != expected) _wrong.AppendLine($"another result than native's\n{result}\n--- native\n{expected}");
        }
        finally
        {
            await job.DisposeAsync();
        }
    }

    /// <summary>Three of four jobs take checkpoints by the clock, besides what is asked by hand.</summary>
    private string[] Clock(Mpi site)
    {
        int interval = random.Next(4) == 0 ? 0 : random.Next(150, 900);
        _trail.Add(interval == 0 ? site.Name : $"{site} every {interval} ms");
        return interval == 0 ? [] : ["--interval", $"0.{interval:000}s"];
    }

    /// <summary>Stops it, mostly; a job that has ended before is fine.</summary>
    private async Task<Outcome> GoOnAsync(Job job)
    {
        double moment = random.NextDouble() * 2;
        bool stop = random.Next(5) > 0;
        if (stop && await job.IsUnderWayAsync())
        {
            await Task.Delay(TimeSpan.FromSeconds(moment));
            Outcome asked = await job.CheckpointAsync("--stop");
            if (asked.ExitCode != 0) Judge(asked, orGone: true);
            else if ((await job.Running).ExitCode != Job.Stopped) _wrong.AppendLine($"a job that was stopped went on: {asked}\n{await job.Running}");
        }
        return await EndAsync(job);
    }

    private async Task<Outcome> EndAsync(Job job)
    {
        Outcome end = await job.Running;
        Judge(end, orGone: false);
        return end;
    }

    /// <summary>Every complaint of mana's counts, but that the job was ending, or (asked from another terminal) that there is no such job any more.</summary>
    private void Judge(Outcome outcome, bool orGone)
    {
        MatchCollection complaints = Complaint().Matches(outcome.Errors);
        if (complaints.Any(c => !Explained().IsMatch(c.Value) && !(orGone && Gone().IsMatch(c.Value))) || outcome.TimedOut || (orGone && complaints.Count == 0))
            _wrong.AppendLine(outcome.ToString());
    }

    private T Any<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];

    [GeneratedRegex(@"^\S+ \S+ checkpoint \d+ committed", RegexOptions.Multiline)]
    private static partial Regex Committed();

    /// <summary>The first line of a block that says what happened, where, and what to do (or, from a rank, what is next).</summary>
    [GeneratedRegex(@"^mana: .*(?=\n(?:  where: .*\n)*  (?:to do|next): )", RegexOptions.Multiline)]
    private static partial Regex Complaint();

    [GeneratedRegex("the job is ending$|the job ended before a checkpoint could be taken$|the job stops after the checkpoint that was just taken$")]
    private static partial Regex Explained();

    [GeneratedRegex("no job named '.*' runs$|the coordinator of the job '.*' does not answer: ")]
    private static partial Regex Gone();
}
