using System.CommandLine;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

/// <summary>Shell functions that ask `mana [suggest]` for what may come next.</summary>
internal static class Completion
{
    /// <summary>What is suggested has the word somewhere in it, and the help's old names (/?); where nothing begins with the word, bash offers files.</summary>
    private const string Bash = """
        _mana() {
          local word="${COMP_WORDS[COMP_CWORD]}" next
          COMPREPLY=()
          while IFS= read -r next; do
            [[ $next == "$word"* && $next != /* ]] && COMPREPLY+=("$next")
          done < <(mana "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
        }
        complete -o default -F _mana mana
        """;

    private const string Zsh = """
        #compdef mana
        _mana() {
          local -a words_
          words_=("${(@f)$(mana "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
          compadd -- "${(@)words_:#/*}"
        }
        compdef _mana mana
        """;

    private const string Fish = """
        complete -f -c mana -a '(mana "[suggest:"(commandline -C)"]" (commandline -p) 2>/dev/null)'
        """;

    public static CommandWithExamples Make()
    {
        Argument<string> shell = new("SHELL") { Description = "bash, zsh or fish." };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Command command = new("completion", "Prints the completion script of a shell.") { shell };
        command.SetAction(parsed =>
        {
            Output.Data(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCodes.Success;
        });
        return new CommandWithExamples(command, ["mana completion bash > ~/.local/share/bash-completion/completions/mana", "mana completion fish > ~/.config/fish/completions/mana.fish"]);
    }
}
