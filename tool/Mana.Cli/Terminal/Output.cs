using Mana.Common.Errors;

namespace Mana.Cli.Terminal;

/// <summary>Data goes to stdout, messages to stderr.</summary>
internal static class Output
{
    public static void Data(string line) => Console.Out.WriteLine(line);

    public static void Message(string line) => Console.Error.WriteLine(line);

    /// <summary>MSBuild indents what tasks say by two blanks; a compiler's words are shown as they were.</summary>
    public static void FromBuild(string line) => Message(line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line);

    /// <summary>Prints the block of an error and returns the exit code that goes with it.</summary>
    public static int Fail(UserError error)
    {
        Console.Error.Write(error.ToBlock());
        return error.ExitCode;
    }
}
