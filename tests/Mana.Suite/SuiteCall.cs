using Mana.Testing;

namespace Mana.Suite;

/// <summary>What one call of the runner does: chooses tests, runs them in each setting, reports.</summary>
internal sealed class SuiteCall(InstalledTool tool, string? template)
{
    private readonly Exceptions exceptions = Exceptions.Read(Path.Combine(Repository.Root, "tests", "Mana.Suite", "exceptions.toml"));
    private readonly Dictionary<Mpi, NativeVerdicts> natives = Mpi.All.ToDictionary(m => m, NativeVerdicts.Of);

    /// <summary>Of more ranks than the others of the sample, on the MPI whose ranks do not spin: each hung once.</summary>
    private static readonly string[] HungOnce = ["topo/distgraph1 4"];

    /// <summary>
    /// Of each folder every third test that passes natively on both MPIs, with at most two ranks (MPICH spins, and there may be two cores), in
    /// less than two seconds; and what hung once.
    /// </summary>
    public async Task<int> SampleAsync(IReadOnlyList<Setting> settings)
    {
        (int passed, int failed, int skipped) = (0, 0, 0);
        foreach (Setting setting in settings)
        {
            SuiteBuild build = new(setting.BuiltFor);
            await build.PrepareAsync();
            SuiteTest[] all = [.. SuiteTest.ReadAll(build.Top)];
            SuiteTest[] tests =
            [
                .. all
                    .Where(t => t.Ranks <= 2 && natives.Values.All(n => n.Passes(t) && n.Seconds(t) < 2))
                    .GroupBy(t => t.Folder, StringComparer.Ordinal).SelectMany(folder => folder.Where((_, i) => i % 3 == 0)),
                .. all.Where(t => setting.Bundle == Mpi.OpenMpi && HungOnce.Contains(t.Key)),
            ];
            _ = await build.MakeAsync(tests, DateTime.MaxValue);
            ResultFile results = ResultFile.For(setting, "sample");
            results.Clear();
            Console.WriteLine($"{tests.Length} tests built for {setting.BuiltFor}, on {setting.Bundle}");
            await new SuiteRun(setting, build, Launch(setting), exceptions).RunAsync(tests, results, DateTime.MaxValue);
            (int p, int f, int s) = Report.Print(setting, results.Read());
            (passed, failed, skipped) = (passed + p, failed + f, skipped + s);
        }
        return Close(passed, failed, skipped);
    }

    /// <summary>On the same MPI everything that passes there natively; across MPIs everything that passes natively on both.</summary>
    public async Task<int> AllAsync(IReadOnlyList<Setting> settings, DateTime until, string? only, bool fresh)
    {
        (int passed, int failed, int skipped) = (0, 0, 0);
        int left = 0;
        foreach (Setting setting in settings)
        {
            SuiteBuild build = new(setting.BuiltFor);
            if (DateTime.UtcNow > until)
            {
                Console.WriteLine($"\nIncomplete: time is up, and nothing was run of {setting}; the same command goes on with it.");
                break;
            }
            await build.PrepareAsync();
            SuiteTest[] tests =
            [
                .. SuiteTest.ReadAll(build.Top)
                    .Where(t => natives[setting.BuiltFor].Passes(t) && natives[setting.Bundle].Passes(t))
                    .Where(t => only is null || t.Key.Contains(only, StringComparison.Ordinal)),
            ];
            ResultFile results = ResultFile.For(setting, only is null ? "all" : "some");
            if (fresh || only is not null) results.Clear();
            left += !await build.MakeAsync(tests, until) ? tests.Length : await new SuiteRun(setting, build, Launch(setting), exceptions).RunAsync(tests, results, until);
            (int p, int f, int s) = Report.Print(setting, results.Read());
            (passed, failed, skipped) = (passed + p, failed + f, skipped + s);
        }
        if (left > 0) Console.WriteLine($"\nIncomplete: time is up and {left} tests are left to run; the same command goes on with them.");
        return Close(passed, failed, skipped);
    }

    private static int Close(int passed, int failed, int skipped)
    {
        Console.WriteLine($"\n{passed} passed, {failed} failed" + (skipped > 0 ? $", {skipped} skipped" : ""));
        return failed == 0 && passed > 0 ? 0 : 1;
    }

    private LaunchTemplate Launch(Setting setting) => template is null
        ? LaunchTemplate.Mana(tool, setting.Bundle)
        : new LaunchTemplate(template.Split(' ', StringSplitOptions.RemoveEmptyEntries), tool.Environment);
}
