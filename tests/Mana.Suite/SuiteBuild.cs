using Mana.Testing;

namespace Mana.Suite;

/// <summary>The suite built for one MPI, in the cache; what is built already stays.</summary>
internal sealed class SuiteBuild(Mpi mpi)
{
    private static readonly TimeSpan Part = TimeSpan.FromMinutes(9);

    private string Folder { get; } = Path.Combine(Repository.Cache, "mpich-suite", mpi.Name);

    public string Top => Path.Combine(Folder, "test", "mpi");

    /// <summary>Copies, configures and compiles the suite's own library; the tests themselves come with <see cref="MakeAsync"/>.</summary>
    public async Task PrepareAsync()
    {
        string stamp = Path.Combine(Folder, "prepared");
        if (File.Exists(stamp)) return;
        string source = await SuiteSource.RequireAsync();
        Console.WriteLine($"configuring the suite for {mpi}");
        if (Directory.Exists(Folder)) Directory.Delete(Folder, recursive: true);
        Directory.CreateDirectory(Path.GetDirectoryName(Folder)!);
        await Steps.RequireAsync(["cp", "-a", source, Folder], source, TimeSpan.FromMinutes(2));
        string compiler = "mpicc." + mpi.Name;
        // Open MPI keeps MPI-1's names behind a wall that the suite does not know. Copied, for the cache outlives a checkout.
        string header = Path.Combine(Folder, "openmpi_mpi1.h");
        File.Copy(Path.Combine(Repository.Root, "tests", "Mana.Suite", "openmpi_mpi1.h"), header);
        string[] names = mpi == Mpi.OpenMpi ? ["CPPFLAGS=-include " + header] : [];
        await Steps.RequireAsync(
            ["./configure", "--with-mpi=/usr", "--disable-cxx", "--enable-fortran=no", "--enable-threads=multiple", "MPICC=" + compiler, "CC=" + compiler, .. names], Top, Part);
        await Steps.RequireAsync(["make", "-s", "-j2", "-C", "util"], Top, Part);
        await Steps.RequireAsync(["make", "-s", "-j2", "-C", "dtpools"], Top, Part);
        await File.WriteAllTextAsync(stamp, "");
    }

    /// <summary>Compiles the programs of these tests. One that does not compile against this MPI is simply not there afterwards.</summary>
    /// <param name="tests">Which.</param>
    /// <param name="until">What would be begun later is left for another call.</param>
    /// <returns>Whether all was tried.</returns>
    public async Task<bool> MakeAsync(IEnumerable<SuiteTest> tests, DateTime until)
    {
        foreach (IGrouping<string, SuiteTest> folder in tests.Where(t => !IsBuilt(t)).GroupBy(t => t.Folder, StringComparer.Ordinal))
        {
            if (DateTime.UtcNow > until) return false;
            string[] programs = [.. folder.Select(t => t.Program).Distinct(StringComparer.Ordinal)];
            Console.WriteLine($"compiling {programs.Length} programs of {folder.Key} for {mpi}");
            await Bounded.RunAsync(["make", "-s", "-k", "-j2", "-C", folder.Key, .. programs], Top, Mpi.Environment, Part);
        }
        return true;
    }

    public bool IsBuilt(SuiteTest test) => File.Exists(Path.Combine(Top, test.Folder, test.Program));
}
