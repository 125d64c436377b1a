using Mana.Common.Errors;

namespace Mana.Cli.Terminal;

/// <summary>Data goes to stdout, messages to stderr.</summary>
internal static class Output
{
    public static void Data(string line) => Console.Out.WriteLine(line);

    public static void Message(string line) => Say(line + Environment.NewLine);

    /// <summary>The block of an error.</summary>
    public static void Error(UserError error) => Say(error.ToBlock());

    /// <summary>MSBuild indents what tasks say by two blanks; a compiler's words are shown as they were.</summary>
    public static void FromBuild(string line) => Message(line.StartsWith("  ", StringComparison.Ordinal) ? line[2..] : line);

    /// <summary>Prints the block of an error and returns the exit code that goes with it.</summary>
    public static int Fail(UserError error)
    {
        Error(error);
        return error.ExitCode;
    }

    /// <summary>What stands behind stderr may be full, or gone: no reason to end, least of all beside a job.</summary>
    private static void Say(string text)
    {
        try
        {
            Console.Error.Write(text);
        }
        catch (IOException)
        {
            // Nobody is left to be told.
        }
    }
}
