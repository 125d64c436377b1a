using System.CommandLine;
using System.CommandLine.Invocation;
using Mana.Bundles.Processes;
using Mana.Cli;
using Mana.Cli.Commands;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

Tool? tool = null;
ParseResult? parsed = null;
try
{
    tool = Tool.FromEnvironment();
    RootCommand root = CommandTree.Make(tool);
    // An argument that begins with '@' belongs to the user's program; it is no response file of ours.
    parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null, EnablePosixBundling = false });
    if (parsed.Action is ParseErrorAction) return Output.Fail(Mistakes.Of(parsed));
    tool.Talk.Read(parsed);
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (Exception e) when (tool is not null && (e is OperationCanceledException || (tool.Interruption.Came && e is UserErrorException or ChildFailedException)))
{
    Output.Message("mana: interrupted" + parsed?.CommandResult.Command.Name switch
    {
        "checkpoint" => "; a checkpoint that is under way goes on, and the job is not stopped",
        "status" => "",
        _ => "; nothing was left half-made",
    });
    return tool.Interruption.ExitCode;
}
catch (UserErrorException e)
{
    return Output.Fail(e.Error);
}
catch (ChildFailedException e)
{
    return Output.Fail(e.ToUserError());
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException)
{
    return Output.Fail(CliErrors.File(e.Message));
}
#pragma warning disable CA1031 // The last resort of the whole program: a user is never shown a stack trace unless he asks.
catch (Exception e)
#pragma warning restore CA1031
{
    if (Environment.GetEnvironmentVariable("MANA_DEBUG") is { Length: > 0 }) await Console.Error.WriteLineAsync(e.ToString());
    return Output.Fail(CliErrors.Unexpected(e));
}
