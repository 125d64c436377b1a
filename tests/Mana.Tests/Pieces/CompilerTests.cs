using Mana.Bundles.Build;
using Mana.Bundles.Plan;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

public sealed class CompilerTests
{
    private static async Task<string[]> CompileAsync(Folder folder, params string[] flags)
    {
        string[] names = ["a", "b"];
        CompileUnit[] units = [.. names.Select(n => new CompileUnit("gcc", flags, folder[n + ".c"], folder["obj/" + n + ".o"]))];
        List<string> compiled = [];
        bool good = await new CCompiler(2).CompileAsync(units, o => { if (!o.Skipped) compiled.Add(Path.GetFileName(o.Unit.Source)); }, default);
        Assert.True(good);
        return [.. compiled.Order(StringComparer.Ordinal)];
    }

    [Fact]
    public async Task Only_what_changed_is_compiled_again()
    {
        using Folder folder = new();
        await File.WriteAllTextAsync(folder["my head.h"], "#define X 1\n");
        await File.WriteAllTextAsync(folder["a.c"], "#include \"my head.h\"\nint a = X;\n");
        await File.WriteAllTextAsync(folder["b.c"], "int b;\n");
        Assert.Equal(["a.c", "b.c"], await CompileAsync(folder));
        Assert.Empty(await CompileAsync(folder));
        File.SetLastWriteTimeUtc(folder["my head.h"], DateTime.UtcNow.AddSeconds(2));
        Assert.Equal(["a.c"], await CompileAsync(folder));
        Assert.Equal(["a.c", "b.c"], await CompileAsync(folder, "-O2"));
    }

    [Fact]
    public async Task What_the_compiler_says_is_kept_word_by_word()
    {
        using Folder folder = new();
        await File.WriteAllTextAsync(folder["bad.c"], "int f(void) { return nothing; }\n");
        string said = "";
        bool good = await new CCompiler(1).CompileAsync([new CompileUnit("gcc", [], folder["bad.c"], folder["bad.o"])], o => said = o.Result.Error, default);
        Assert.False(good);
        Assert.Contains("bad.c:1:22: error: ", said, StringComparison.Ordinal);
        Assert.False(File.Exists(folder["bad.o"]));
    }
}
