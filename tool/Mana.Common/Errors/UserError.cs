using System.Text;

namespace Mana.Common.Errors;

/// <summary>Exit codes that users and batch scripts test; the program's own codes pass through beside them.</summary>
public static class ExitCodes
{
    public const int Success = 0;
    public const int Usage = 2;
    /// <summary>Checkpointed and stopped: restart to go on.</summary>
    public const int Stopped = 85;
    public const int ManaFailed = 125;
    public const int CannotExecute = 126;
    public const int NotFound = 127;
    /// <summary>128 + N: ended by signal N.</summary>
    public const int SignalBase = 128;
}

/// <summary>A place in a file that a person edits; line and column count from 1, 0 means the whole file.</summary>
public readonly record struct SourcePlace(string File, int Line = 0, int Column = 0)
{
    public override string ToString() => Line > 0 ? $"{File}({Line},{Column})" : File;
}

/// <summary>What a user is told: what happened, where, and what to do about it. One block, never a stack trace.</summary>
public sealed record UserError(string What, string ToDo, string? Where = null, int ExitCode = ExitCodes.ManaFailed)
{
    public string ToBlock()
    {
        StringBuilder text = new();
        text.Append("mana: ").AppendLine(What);
        if (!string.IsNullOrWhiteSpace(Where))
            foreach (string line in Where.TrimEnd().Split('\n')) text.Append("  where: ").AppendLine(line);
        foreach (string line in ToDo.TrimEnd().Split('\n')) text.Append("  to do: ").AppendLine(line);
        return text.ToString();
    }
}

/// <summary>Carries a <see cref="UserError"/> to the top-level handler, the only place that prints it.</summary>
public sealed class UserErrorException : Exception
{
    public UserErrorException(UserError error) : base(error.What) => Error = error;

    public UserErrorException(UserError error, Exception inner) : base(error.What, inner) => Error = error;

    public UserError Error { get; }
}
