using System.Globalization;
using System.Net;
using Mana.Common.Errors;
using Mana.Common.Toml;
using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Jobs;

/// <summary>$MANA_HOME/jobs/JOB.toml, mode 0600: how agents and clients find a job's coordinator. Agents read address, port, secret and host.</summary>
/// <param name="Job">Its name.</param>
/// <param name="Addresses">Of this host, numeric; an agent tries one after the other.</param>
/// <param name="Port">TCP.</param>
/// <param name="Secret">Lets agents and clients in.</param>
/// <param name="Host">Where the coordinator runs.</param>
/// <param name="Pid">Of the coordinator.</param>
/// <param name="Ranks">As asked for.</param>
/// <param name="Started">When.</param>
/// <param name="Checkpoints">The folder of the job's checkpoints.</param>
public sealed record JobFile(
    string Job, IReadOnlyList<string> Addresses, int Port, Secret Secret, string Host, int Pid, int Ranks, DateTimeOffset Started, string Checkpoints)
{
    /// <summary>IOException.HResult is errno (man 3 errno): the file is there.</summary>
    public const int Exists = 17;

    private const string Extension = ".toml";

    public static string PathOf(string jobsFolder, string job) => Path.Combine(jobsFolder, job + Extension);

    /// <summary>An IOException with <see cref="Exists"/>: one is there already.</summary>
    public void Write(string jobsFolder)
    {
        Directory.CreateDirectory(jobsFolder, DurableFile.OwnFolder);
        TomlText text = new();
        text.Comment("A running job of mana's; removed when it ends.")
            .Pair("job", Job).Pair("address", string.Join(' ', Addresses)).Pair("port", Port).Pair("secret", Secret.ToHex()).Pair("host", Host).Pair("pid", Pid)
            .Pair("ranks", Ranks).Pair("started", Started.ToString("O", CultureInfo.InvariantCulture)).Pair("checkpoints", Checkpoints);
        string file = PathOf(jobsFolder, Job), beside = file + "." + Pid.ToString(CultureInfo.InvariantCulture);
        FileStreamOptions options = new() { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = DurableFile.OwnFile };
        using (FileStream stream = new(beside, options)) stream.Write(System.Text.Encoding.UTF8.GetBytes(text.ToString()));
        try
        {
            File.Move(beside, file, overwrite: false);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>When the job ends. Another's that is there by now stays; what cannot be removed now is when somebody finds its process dead.</summary>
    public void Remove(string jobsFolder)
    {
        string file = PathOf(jobsFolder, Job);
        try
        {
            if (File.Exists(file) && Read(file).Secret.Matches(Secret)) File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or UserErrorException)
        {
            // See above.
        }
    }

    public static JobFile Read(string file)
    {
        TomlSection root = TomlSection.Read(file);
        JobFile job = new(
            root.Text("job"), root.Text("address").Split(' ', StringSplitOptions.RemoveEmptyEntries), (int)root.Number("port"),
            Secret.TryParse(root.Text("secret")) ?? throw new UserErrorException(JobFileErrors.Damaged(file)),
            root.Text("host"), (int)root.Number("pid"), (int)root.Number("ranks"),
            DateTimeOffset.TryParse(root.Text("started"), CultureInfo.InvariantCulture, out DateTimeOffset started) ? started : throw new UserErrorException(JobFileErrors.Damaged(file)),
            root.Text("checkpoints"));
        root.Close();
        return job;
    }

    /// <summary>On another host the loopback address leads to whatever listens there.</summary>
    public IEnumerable<string> AddressesFrom(string host) =>
        Addresses.Where(a => string.Equals(host, Host, StringComparison.Ordinal) || !(IPAddress.TryParse(a, out IPAddress? address) && IPAddress.IsLoopback(address)));

    /// <summary>Its coordinator has ended without removing it. Told only on the coordinator's own host.</summary>
    public bool IsStale => string.Equals(Host, Environment.MachineName, StringComparison.Ordinal) && !ProcessMark.IsAlive(Pid);
}

public static class JobFileErrors
{
    public static UserError Damaged(string file) => new("this is no job file of mana's", "Remove it, if no job of yours runs.", file);

    public static UserError NoSuchJob(string job, IReadOnlyCollection<string> running, string folder) => new(
        $"no job named '{job}' runs", running.Count == 0 ? "No job runs. Start one: mana launch ..." : "Running: " + string.Join(", ", running), folder);

    public static UserError NoJob(string folder) => new("no job runs", "Start one: mana launch ...; or set MANA_HOME as it is where the job was started.", folder);

    public static UserError SeveralJobs(IEnumerable<string> jobs) => new(
        "several jobs run", "Name one of them: " + string.Join(", ", jobs), ExitCode: ExitCodes.Usage);

    public static UserError Taken(string job, string who) => new($"a job named '{job}' runs already: {who}", "Choose another name: --job NAME", ExitCode: ExitCodes.Usage);

    public static UserError NotWritten(string folder, string reason) => new(
        "the job cannot be restarted, since its ranks cannot be told where to report: " + reason, "Set MANA_HOME to a folder that can be written, and that all nodes can read.", folder);

    public static UserError BadName(string job) => new(
        $"'{job}' cannot be a job's name", "Use letters, digits, '.', '_' and '-', starting with a letter or digit, at most 64.", ExitCode: ExitCodes.Usage);

    public static UserError Unreachable(string job, string reason) => new(
        $"the coordinator of the job '{job}' does not answer: {reason}", "See whether the job still runs, and whether this host reaches the one where it was started.");
}
