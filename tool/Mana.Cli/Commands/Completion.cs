using System.CommandLine;
using Mana.Cli.Terminal;
using Mana.Common.Errors;

namespace Mana.Cli.Commands;

/// <summary>Shell functions that ask `mana [suggest]` for what may come next; where it has nothing to say, they offer files.</summary>
internal static class Completion
{
    private const string Bash = """
        _mana() {
          mapfile -t COMPREPLY < <(mana "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
        }
        complete -o default -F _mana mana
        """;

    private const string Zsh = """
        #compdef mana
        _mana() {
          local line_="${(j: :)words[1,CURRENT-1]} ${PREFIX}"
          local -a words_
          words_=("${(@f)$(mana "[suggest:${#line_}]" "${line_}" 2>/dev/null)}")
          if [[ -n $words_ ]]; then compadd -- "${words_[@]}"; else _files; fi
        }
        compdef _mana mana
        """;

    private const string Fish = """
        function __mana
          set -l line (commandline -cp)
          set -l words (mana "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
          if test -n "$words"; printf '%s\n' $words; else; __fish_complete_path (commandline -ct); end
        end
        complete -f -c mana -a '(__mana)'
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
