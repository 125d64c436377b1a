using System.CommandLine;
using Mana.Suite;
using Mana.Testing;

// MPICH's own C test suite as a judge of mana. `sample` takes minutes; `all` takes an hour or two, in parts.
Option<double> minutes = new("--minutes") { Description = "Stop after this long; say it again to go on.", DefaultValueFactory = _ => 10 };
Option<string?> only = new("--only") { Description = "Only tests whose name contains this." };
Option<string?> setting = new("--setting") { Description = "Only this setting, for instance \"mpich on openmpi\"." };
Option<bool> fresh = new("--fresh") { Description = "Forget earlier results." };
Option<string?> template = new("--launch") { Description = "Another launch template: words with {np}, {prog}, {args}, {mpiexec-args}." };

Command sample = new("sample", "A sample of the tests built for MPICH, on the bundles of both MPIs.") { setting };
sample.SetAction(async (parsed, _) =>
{
    using InstalledTool tool = await InstalledTool.InstallAsync(Console.WriteLine);
    return await new SuiteCall(tool, null).SampleAsync(Settings(parsed.GetValue(setting), [new(Mpi.Mpich, Mpi.Mpich), new(Mpi.Mpich, Mpi.OpenMpi)]));
});

Command all = new("all", "Every test that passes natively, in every setting; goes on where it stopped.") { minutes, only, setting, fresh, template };
all.SetAction(async (parsed, _) =>
{
    using InstalledTool tool = await InstalledTool.InstallAsync(Console.WriteLine);
    DateTime until = DateTime.UtcNow.AddMinutes(parsed.GetValue(minutes));
    return await new SuiteCall(tool, parsed.GetValue(template)).AllAsync(
        Settings(parsed.GetValue(setting), Setting.All), until, parsed.GetValue(only), parsed.GetValue(fresh));
});

Command build = new("build", "Fetches the suite and builds all of it for both MPIs.");
build.SetAction(async (_, _) =>
{
    foreach (Mpi mpi in Mpi.All)
    {
        SuiteBuild suite = new(mpi);
        await suite.PrepareAsync();
        _ = await suite.MakeAsync(SuiteTest.ReadAll(suite.Top), DateTime.MaxValue);
    }
    return 0;
});

Command table = new("table", "The tables of what `all` has found so far.");
table.SetAction(_ =>
{
    foreach (Setting s in Setting.All)
        if (ResultFile.For(s, "all").Read() is { Count: > 0 } results)
            Report.Print(s, results);
    return 0;
});

try
{
    return await new RootCommand("Runs MPICH's own test suite under mana.") { sample, all, build, table }.Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (InvalidOperationException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

static IReadOnlyList<Setting> Settings(string? named, IReadOnlyList<Setting> otherwise) =>
    named is null ? otherwise : [Setting.TryParse(named) ?? throw new InvalidOperationException($"no such setting: {named}; there are: {string.Join(", ", Setting.All)}")];
