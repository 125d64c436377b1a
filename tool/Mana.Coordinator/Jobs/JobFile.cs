using System.Globalization;
using System.Net;
using Mana.Common.Errors;
using Mana.Common.Toml;
using Mana.Coordinator.Protocol;
using Mono.Unix.Native;

namespace Mana.Coordinator.Jobs;

/// <summary>$MANA_HOME/jobs/JOB.toml, mode 0600: how agents and clients find a job's coordinator. Agents read address, port, secret and host.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Addresses">Of this host, numeric; an agent tries one after the other.</param>
/// <param name="Port">TCP.</param>
/// <param name="Secret">Lets agents and clients in.</param>
/// <param name="Process">The coordinator.</param>
/// <param name="Ranks">As asked for.</param>
/// <param name="Started">When.</param>
/// <param name="Checkpoints">The folder of the job's checkpoints.</param>
public sealed record JobFile(
    string Job, IReadOnlyList<string> Addresses, int Port, Secret Secret, ProcessMark Process, int Ranks, DateTimeOffset Started, string Checkpoints)
{
    /// <summary>IOException.HResult is errno (man 3 errno): the file is there.</summary>
    public const int Exists = 17;

    private const string Extension = ".toml", LauncherKey = "launcher";

    /// <summary>The site's, once it has been started: while it lives the ranks do, also when the coordinator was killed.</summary>
    public ProcessMark? Launcher { get; init; }

    /// <summary>Its coordinator is dead, the job runs on.</summary>
    public bool RunsAlone => Process.Lives is false && Launcher?.Lives is true;

    public static string PathOf(string jobsFolder, string job) => Path.Combine(jobsFolder, job + Extension);

    /// <summary>An IOException with <see cref="Exists"/>: one is there already.</summary>
    public void Write(string jobsFolder) => Write(jobsFolder, (beside, file) =>
    {
        // rename(2) would replace what another job has put there in the same moment.
        if (Syscall.link(beside, file) == 0) return;
        if (Stdlib.GetLastError() == Errno.EEXIST) throw new IOException($"{file} is there already", Exists);
        File.Move(beside, file, overwrite: false); // no links on this file system, or the reason why it cannot be
    });

    /// <summary>Where the one that was written before is gone.</summary>
    public void Rewrite(string jobsFolder) => Write(jobsFolder, (beside, file) => File.Move(beside, file, overwrite: true));

    /// <summary>Into the file that is there. It is not replaced: ranks of other hosts may be reading it.</summary>
    /// <returns>With the launcher.</returns>
    public JobFile AddLauncher(string jobsFolder, ProcessMark launcher)
    {
        using FileStream stream = new(PathOf(jobsFolder, Job), FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete); // never made: it would be half a file
        stream.Seek(0, SeekOrigin.End);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(new TomlText().Pair(LauncherKey, launcher.ToString()).ToString()));
        return this with { Launcher = launcher };
    }

    private void Write(string jobsFolder, Action<string, string> place)
    {
        Directory.CreateDirectory(jobsFolder, DurableFile.OwnFolder);
        TomlText text = new();
        text.Comment("A running job of mana's; removed when it ends.")
            .Pair("job", Job).Pair("address", string.Join(' ', Addresses)).Pair("port", Port).Pair("secret", Secret.ToHex()).Pair("host", Process.Host)
            .Pair("process", Process.ToString()).Pair("ranks", Ranks).Pair("started", Started.ToString("O", CultureInfo.InvariantCulture)).Pair("checkpoints", Checkpoints);
        if (Launcher is { } launcher) text.Pair(LauncherKey, launcher.ToString());
        string file = PathOf(jobsFolder, Job), beside = file + "." + Path.GetRandomFileName();
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = DurableFile.OwnFile };
        using (FileStream stream = new(beside, options)) stream.Write(System.Text.Encoding.UTF8.GetBytes(text.ToString()));
        try
        {
            place(beside, file);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>When the job ends. Another's that is there by now stays; what cannot be removed now is when somebody finds its process dead.</summary>
    /// <returns>Whether it was there, and is not any more.</returns>
    public bool Remove(string jobsFolder)
    {
        string file = PathOf(jobsFolder, Job);
        try
        {
            if (!File.Exists(file) || !Read(file).Secret.Matches(Secret)) return false;
            File.Delete(file);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserErrorException)
        {
            return false; // see above
        }
    }

    public static JobFile Read(string file)
    {
        TomlSection root = TomlSection.Read(file);
        string? launcher = root.Has(LauncherKey) ? root.Text(LauncherKey) : null;
        JobFile job = new(
            root.Text("job"), root.Text("address").Split(' ', StringSplitOptions.RemoveEmptyEntries), (int)root.Number("port"),
            Secret.TryParse(root.Text("secret")) ?? throw new UserErrorException(JobFileErrors.Damaged(file)),
            ProcessMark.TryParse(root.Text("process")) ?? throw new UserErrorException(JobFileErrors.Damaged(file)), (int)root.Number("ranks"),
            DateTimeOffset.TryParse(root.Text("started"), CultureInfo.InvariantCulture, out DateTimeOffset started) ? started : throw new UserErrorException(JobFileErrors.Damaged(file)),
            root.Text("checkpoints"))
        {
            Launcher = launcher is null ? null : ProcessMark.TryParse(launcher) ?? throw new UserErrorException(JobFileErrors.Damaged(file)),
        };
        _ = root.Text("host"); // for agents
        root.Close();
        return job;
    }

    /// <summary>On another host the loopback address leads to whatever listens there.</summary>
    public IEnumerable<string> AddressesFrom(string host) =>
        Addresses.Where(a => string.Equals(host, Process.Host, StringComparison.Ordinal) || !(IPAddress.TryParse(a, out IPAddress? address) && IPAddress.IsLoopback(address)));
}

public static class JobFileErrors
{
    public static UserError Damaged(string file) => new("this is no job file of this mana's", "Use the release of mana that started the job; or remove the file, if it does not run any more.", file);

    public static UserError NoSuchJob(string job, IReadOnlyCollection<string> running, string folder) => new(
        $"no job named '{job}' runs", running.Count == 0 ? "No job runs. Start one: mana launch ..." : "Running: " + string.Join(", ", running), folder);

    public static UserError NoJob(string folder) => new("no job runs", "Start one: mana launch ...; or set MANA_HOME as it is where the job was started.", folder);

    public static UserError SeveralJobs(IEnumerable<string> jobs) => new(
        "several jobs run", "Name one of them: " + string.Join(", ", jobs), ExitCode: ExitCodes.Usage);

    public static UserError Taken(string job, string who) => new($"a job named '{job}' runs already: {who}", "Choose another name: --job NAME", ExitCode: ExitCodes.Usage);

    public static UserError RunsAlone(JobFile job) => new(
        $"the job '{job.Job}' still runs, but its mana was killed: {job.Launcher!.Place} is its launcher",
        "It takes no checkpoints any more. Wait for it, or end its launcher, and go on from its last checkpoint: mana restart; or say --force --job NAME, if you know that it writes nothing any more.", job.Checkpoints);

    public static UserError NotWritten(string folder, string reason) => new(
        "the job cannot be restarted, since its ranks cannot be told where to report: " + reason, "Set MANA_HOME to a folder that can be written, and that all nodes can read.", folder);

    public static UserError BadName(string job) => new(
        $"'{job}' cannot be a job's name", "Use letters, digits, '.', '_' and '-', starting with a letter or digit, at most 64.", ExitCode: ExitCodes.Usage);

    public static UserError Unreachable(string job, string reason) => new(
        $"the coordinator of the job '{job}' does not answer: {reason}", "See whether the job still runs, and whether this host reaches the one where it was started.");
}
