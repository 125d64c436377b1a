using System.Globalization;
using System.Text;
using Mana.Coordinator.Checkpoint;

namespace Mana.Coordinator.Jobs;

/// <summary>FOLDER/JOB/job.log, beside the job's checkpoints: of each checkpoint and restart, when each rank was at each stage, and who was last.</summary>
public sealed class JobLog(string jobFolder)
{
    public const string FileName = "job.log";
    private const int Width = 10;

    public string File { get; } = Path.Combine(jobFolder, FileName);

    /// <summary>Appends an entry. A log that cannot be written never disturbs a job: what keeps it from that, the next checkpoint tells.</summary>
    public void Write(StageReport report)
    {
        try
        {
            DurableFile.MakeFolder(jobFolder);
            // Where all may write, somebody else may have left a link to a file of this user's.
            if (new FileInfo(File).LinkTarget is not null) return;
            using FileStream stream = new(File, new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, UnixCreateMode = DurableFile.OwnFile });
            stream.Write(Encoding.UTF8.GetBytes(Text(report, DateTimeOffset.UtcNow)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    /// <summary>
    /// 2026-03-01 12:00:00Z checkpoint 3 committed after 0.312 s
    ///       rank    clocks   reached    parked     wrote   resumed  host
    ///          0  0.000512  0.000810  0.002301  0.120004  0.313377  node7
    ///    slowest         0         0         0         0         0
    /// </summary>
    internal static string Text(StageReport report, DateTimeOffset now)
    {
        StageTimes times = report.Times;
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"{now:u} {report.Title}\n");
        Line("rank", step => times.Steps[step].ToLowerInvariant(), "host");
        foreach (RankState rank in times.Ranks.OfType<RankState>())
            Line(Number(rank.Rank), step => times[rank.Rank, step]?.TotalSeconds.ToString("0.000000", CultureInfo.InvariantCulture) ?? "-", rank.Hello.Host);
        Line("slowest", step => times.Slowest(step) is { } slowest ? Number(slowest) : "-", "");
        return text.ToString();

        static string Number(int rank) => rank.ToString(CultureInfo.InvariantCulture);

        void Line(string first, Func<int, string> cell, string last)
        {
            text.Append(first.PadLeft(Width));
            for (int step = 0; step < times.Steps.Count; step++) text.Append(' ').Append(cell(step).PadLeft(Width));
            if (last.Length > 0) text.Append("  ").Append(last);
            text.Append('\n');
        }
    }
}
