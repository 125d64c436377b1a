using System.CommandLine;

namespace Mana.Cli.Terminal;

/// <summary>What is said beside data and errors. -q leaves it out, -v adds to it; every command has both.</summary>
internal sealed class Talk
{
    private readonly Option<bool> _verbose = new("-v", "--verbose") { Description = "Tell what is done.", Recursive = true, Arity = ArgumentArity.Zero };
    private readonly Option<bool> _quiet = new("-q", "--quiet") { Description = "Tell only errors.", Recursive = true, Arity = ArgumentArity.Zero };

    public bool Quiet { get; private set; }

    public bool Verbose { get; private set; }

    public void AddTo(RootCommand root)
    {
        root.Options.Add(_verbose);
        root.Options.Add(_quiet);
    }

    /// <summary>To be called before anything is said.</summary>
    public void Read(ParseResult parsed)
    {
        Quiet = parsed.GetValue(_quiet);
        Verbose = parsed.GetValue(_verbose) && !Quiet;
    }

    public void Inform(string line)
    {
        if (!Quiet) Output.Message(line);
    }

    public void Detail(string line)
    {
        if (Verbose) Output.Message(line);
    }

    /// <summary>Of interest while somebody waits: on a terminal, or where it is asked for.</summary>
    public void Progress(string line)
    {
        if (Verbose || !(Quiet || Console.IsErrorRedirected)) Output.Message(line);
    }
}
