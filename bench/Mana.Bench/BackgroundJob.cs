using Mana.Coordinator.Jobs;
using Mana.Testing;

namespace Mana.Bench;

/// <summary>A job that runs while it is checkpointed, of a program that ends only when it is ended. Disposed, nothing of it is left but its checkpoints.</summary>
internal sealed class BackgroundJob : IAsyncDisposable
{
    private static int s_number;

    /// <summary>A name of its own: what is left of a job that was ended may be seen for a moment.</summary>
    private readonly string _name;
    private readonly InstalledTool _tool;
    private readonly Folder _folder;
    private readonly CancellationTokenSource _over = new();
    private readonly Task<Outcome> _running;

    private BackgroundJob(InstalledTool tool, Folder folder, Func<string, IReadOnlyList<string>> words)
    {
        (_tool, _folder, _name) = (tool, folder, $"measured-{Interlocked.Increment(ref s_number)}");
        _running = Bounded.RunAsync(words(_name), folder.Path, tool.Environment, TimeSpan.FromMinutes(3), over: _over.Token);
    }

    public static BackgroundJob Launch(InstalledTool tool, Mpi mpi, Folder folder, string program) =>
        new(tool, folder, name => tool.Launch(mpi, 2, [program], "--job", name, "--checkpoint-dir", folder["checkpoints"]));

    /// <summary>From the newest checkpoint in the folder.</summary>
    public static BackgroundJob Restart(InstalledTool tool, Mpi mpi, Folder folder) =>
        new(tool, folder, name => [tool.Mana, "restart", "--bundle", mpi.Name, "--force", "--job", name, folder["checkpoints"]]);

    public async Task CheckpointAsync(params string[] options)
    {
        Outcome outcome = await CommandAsync(["checkpoint", _name, .. options]);
        if (outcome.ExitCode != 0) throw new InvalidOperationException(outcome.ToString());
        if (options.Contains("--stop")) await _running;
    }

    /// <summary>The tables of the job's log, whose titles begin so; waits until there are so many.</summary>
    public async Task<IReadOnlyList<LogTable>> LogAsync(string title, int count)
    {
        string file = Path.Combine(_folder["checkpoints"], _name, JobLog.FileName);
        for (int i = 0; i < 1200; i++, await Task.Delay(50))
        {
            if (File.Exists(file) && LogTable.Read(file).Where(t => t.Title.StartsWith(title, StringComparison.Ordinal)).ToArray() is { } found && found.Length >= count)
                return found;
            if (_running.IsCompleted && !_over.IsCancellationRequested && i > 20) break;
        }
        throw new InvalidOperationException($"there are not {count} tables of '{title}' in {file}: " + (_running.IsCompleted ? await _running : "the job still runs"));
    }

    /// <summary>The program has said so: bench/programs/ready.h.</summary>
    public async Task ReadyAsync()
    {
        for (int i = 0; i < 600 && !_running.IsCompleted; i++, await Task.Delay(100))
            if (File.Exists(_folder["ready"])) return;
        throw new InvalidOperationException("the program is not ready: " + (_running.IsCompleted ? await _running : "it still runs"));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_running.IsCompleted) await _over.CancelAsync();
        await _running;
        _over.Dispose();
    }

    private Task<Outcome> CommandAsync(params string[] words) =>
        Bounded.RunAsync([_tool.Mana, .. words], _folder.Path, _tool.Environment, TimeSpan.FromMinutes(2));
}

/// <summary>A table of a job's log: for each column the values of the ranks, in seconds.</summary>
internal sealed record LogTable(string Title, IReadOnlyDictionary<string, IReadOnlyList<double>> Columns)
{
    public static IEnumerable<LogTable> Read(string file)
    {
        string? title = null;
        string[] names = [];
        List<string[]> rows = [];
        foreach (string line in File.ReadAllLines(file))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (!line.StartsWith(' ')) (title, rows) = (string.Join(' ', words.Skip(2)), []);
            else if (words[0] == "rank") names = words;
            else if (words[0] != "slowest") rows.Add(words);
            else if (title is not null)
                yield return new LogTable(title, names.Index().Skip(1).SkipLast(1).ToDictionary(
                    n => n.Item, n => (IReadOnlyList<double>)[.. rows.Select(r => r[n.Index]).Where(w => w != "-").Select(w => double.Parse(w, System.Globalization.CultureInfo.InvariantCulture))], StringComparer.Ordinal));
        }
    }
}
