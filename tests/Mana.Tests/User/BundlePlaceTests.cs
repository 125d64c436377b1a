using System.Text;
using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>Bundles that are not the user's own, and one that is of an MPI less than whole.</summary>
[Collection(WithInstallation.Name)]
public sealed class BundlePlaceTests(Installation mana)
{
    private const string Mpich = "/usr/lib/x86_64-linux-gnu/libmpich.so.12", Include = "/usr/include/x86_64-linux-gnu/mpich";

    /// <summary>As the machine's in /etc/mana/bundles, which no test may write: found after the user's, by whoever has none of his own.</summary>
    [Fact]
    public async Task A_bundle_in_the_tools_own_folder_is_everybodys_and_the_users_goes_before_it()
    {
        string shared = Path.Combine(Path.GetDirectoryName(await NativeFolderAsync())!, "bundles", "everybodys");
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--output", "everybodys.toml"));
        Installation.Require(await mana.ManaAsync("bundle", "build", "everybodys.toml", "--output", shared));
        Dictionary<string, string?> another = new(StringComparer.Ordinal) { ["MANA_HOME"] = mana["another-home"] };
        Installation.Require(await mana.ManaAsync(another, "bundle", "verify", "everybodys"));
        Outcome run = await mana.ManaAsync(another, "launch", "--backend", "mpich", "-n", "2", "--", "./hello");
        Assert.True(run is { ExitCode: 0, Output: "sum 1 of 2\nsum 1 of 2\n" }, run.ToString());
        Assert.Equal(shared, await FolderOfAsync("everybodys"));
        Installation.Require(await mana.ManaAsync("bundle", "build", "everybodys.toml"));
        Assert.Equal(Path.Combine(mana.Home, "bundles", "everybodys"), await FolderOfAsync("everybodys"));
        for (int copies = 0; copies < 2; copies++) Installation.Require(await mana.ManaAsync("bundle", "remove", "everybodys"));
        Installation.Refused(await mana.ManaAsync("bundle", "show", "everybodys"), 125, "no bundle named 'everybodys'");
    }

    /// <summary>Nothing says so when it is built: what an MPI lacks is told where it is called.</summary>
    [Fact]
    public async Task An_MPI_that_lacks_a_function_of_MPI_3_1_does_not_pass_verify()
    {
        string folder = Directory.CreateDirectory(mana["poor"]).FullName;
        await File.WriteAllBytesAsync(folder + "/libmpich.so.12", Without("MPI_Ibarrier", await File.ReadAllBytesAsync(Mpich)));
        File.CreateSymbolicLink(folder + "/libmpich.so", "libmpich.so.12");
        string words = $"-I{Include} -L{folder} -Wl,-rpath,{folder} -lmpich";
        string wrapper = mana.Script("poor/mpicc", $"#!/bin/sh\n[ \"$1\" = -show ] && echo gcc {words} && exit\nexec gcc \"$@\" {words}\n");
        Installation.Require(await mana.ManaAsync("bundle", "probe", "--backend", "mpich", "--mpicc", wrapper, "--output", "poor.toml"));
        Installation.Require(await mana.ManaAsync("bundle", "build", "poor.toml"));
        Outcome verify = await mana.ManaAsync("bundle", "verify", "poor");
        Installation.Refused(verify, 125, "the bundle 'poor' did not pass");
        Assert.True(verify.Output.Contains("the site lacks MPI_Ibarrier, which every MPI 3.1 has", StringComparison.Ordinal), verify.ToString());
        Installation.Require(await mana.ManaAsync("bundle", "remove", "poor"));
    }

    /// <summary>The table of names has another one for it, which nobody finds by its hash; that of PMPI_ shares its end.</summary>
    private static byte[] Without(string symbol, byte[] library)
    {
        byte[] name = [.. Encoding.ASCII.GetBytes(symbol), 0];
        int count = 0;
        for (int at = 0, next; (next = library.AsSpan(at).IndexOf(name)) >= 0; at += next + name.Length, count++) library[at + next] = (byte)'Q';
        Assert.InRange(count, 1, int.MaxValue);
        return library;
    }

    private async Task<string> FolderOfAsync(string bundle)
    {
        Outcome list = await mana.ManaAsync("bundle", "list", "--json");
        return (string)JsonNode.Parse(list.Output)!.AsArray().Single(b => (string?)b!["name"] == bundle)!["folder"]!;
    }

    /// <summary>Of the tool: its store has one folder of sources.</summary>
    private async Task<string> NativeFolderAsync()
    {
        Outcome found = await mana.RunAsync(["find", Path.GetDirectoryName(mana.Tool)! + "/.store", "-type", "d", "-name", "native"], TimeSpan.FromMinutes(1));
        return Assert.Single(found.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }
}
