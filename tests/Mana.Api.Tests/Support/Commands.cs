using CliWrap;
using CliWrap.Buffered;

namespace Mana.Api.Tests.Support;

/// <summary>Runs a compiler or a probe, bounded in time.</summary>
internal static class Commands
{
    public static async Task<BufferedCommandResult> Run(string program, IEnumerable<string> arguments, string folder)
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        return await Cli.Wrap(program).WithArguments(arguments).WithWorkingDirectory(folder)
            .WithEnvironmentVariables(e => e.Set("LC_ALL", "C")).WithValidation(CommandResultValidation.None)
            .ExecuteBufferedAsync(limit.Token);
    }

    /// <summary>Full path of a program in PATH, or null.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Where(d => d.Length > 0)
        .Select(d => Path.Combine(d, program)).FirstOrDefault(File.Exists);
}
