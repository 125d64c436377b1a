using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>Words are completed, by the shells themselves.</summary>
[Collection(WithInstallation.Name)]
public sealed class CompletionTests(Installation mana)
{
    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task Completion_knows_commands_and_bundles(string shell)
    {
        Assert.Contains("[suggest:", (await mana.ManaAsync("completion", shell)).Output, StringComparison.Ordinal);
        Outcome names = await mana.ManaAsync("[suggest:17]", "mana bundle show ");
        Assert.Contains("mpich\n", names.Output, StringComparison.Ordinal);
    }

    /// <summary>Where a file is wanted nothing is suggested: shells offer files then.</summary>
    [Theory]
    [InlineData("mana comp", "completion")]
    [InlineData("mana bundle ex", "export")]
    [InlineData("mana bundle export ", "mpich")]
    [InlineData("mana bundle export mpich ", "")]
    [InlineData("mana bundle export mpich b", "")]
    [InlineData("mana bundle build ", "")]
    [InlineData("mana bundle build --o", "--output")]
    [InlineData("mana launch --b", "--backend", "--bundle")]
    [InlineData("mana launch --dry-run --backend o", "openmpi")]
    [InlineData("mana launch --bundle mp", "mpich")]
    [InlineData("mana launch --checkpoint-dir ", "")]
    [InlineData("mana launch -- ", "")]
    [InlineData("mana -v doc", "doctor")]
    public async Task What_is_suggested_begins_with_the_word_at_the_cursor(string line, params string[] words)
    {
        Outcome suggested = await mana.ManaAsync($"[suggest:{line.Length}]", line + " more");
        Assert.True(suggested.ExitCode == 0 && suggested.Output == string.Concat(words.Where(w => w.Length > 0).Select(w => w + "\n")), suggested.ToString());
    }

    [Fact]
    public async Task Bash_completes_after_it_has_sourced_the_script()
    {
        const string Script = """
            PATH=$(dirname "$0"):$PATH; . <(mana completion bash); complete -p mana
            COMP_LINE='mana bundle show mp' COMP_POINT=19; _mana; echo "${COMPREPLY[@]}"
            """;
        Outcome bash = await mana.RunAsync(["bash", "-c", Script, mana.Tool], TimeSpan.FromMinutes(1));
        Assert.True(bash is { ExitCode: 0, Output: "complete -o default -F _mana mana\nmpich\n" }, bash.ToString());
    }

    /// <summary>The line may hold another command before.</summary>
    [Fact]
    public async Task Fish_completes_after_it_has_sourced_the_script()
    {
        const string Script = """
            mana completion fish | source
            complete -C "true; mana bundle show mp"
            """;
        Outcome fish = await mana.RunAsync(["fish", "--no-config", "-c", Script], TimeSpan.FromMinutes(1), ToolFirst());
        Assert.True(fish is { ExitCode: 0, Output: "mpich\n" }, fish.ToString());
    }

    /// <summary>Likewise, on a terminal, with the key.</summary>
    [Fact]
    public async Task Zsh_completes_after_it_has_sourced_the_script()
    {
        const string Script = """
            zmodload zsh/zpty; zpty -b shell zsh -fi
            zpty -w shell 'unsetopt beep; autoload -U compinit; compinit -D -u; . <(mana completion zsh); echo sour""ced'
            zpty -r -m shell seen '*sourced*' && zpty -n -w shell $'true; mana bundle show mp\t' && zpty -r -m shell seen '*show mpich*' && echo completed
            zpty -d shell
            """;
        Outcome zsh = await mana.RunAsync(["zsh", "-fc", Script], TimeSpan.FromMinutes(1), ToolFirst());
        Assert.True(zsh is { ExitCode: 0, Output: "completed\n" }, zsh.ToString());
    }

    private Dictionary<string, string?> ToolFirst() => new(StringComparer.Ordinal) { ["PATH"] = $"{Path.GetDirectoryName(mana.Tool)}:{Environment.GetEnvironmentVariable("PATH")}" };
}
