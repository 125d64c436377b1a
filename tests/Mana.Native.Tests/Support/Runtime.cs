using Mana.Bundles.Build;
using Mana.Bundles.Plan;
using Mana.Rendering;
using Mana.Rendering.Protocol;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests.Support;

/// <summary>The runtime and the programs of tests/programs/runtime, compiled once for all tests, by the command lines of the product.</summary>
public sealed class Runtime : IAsyncLifetime, IDisposable
{
    public const string Collection = "runtime";

    private static readonly string[] s_programFlags =
        ["-std=gnu11", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-mfsgsbase"];

    private readonly Folder _folder = new();

    private static string Native => Path.Combine(Repository.Root, "native");

    private static string Sources => Path.Combine(Repository.Programs, "runtime");

    public string Lower => _folder["lower/mana-lower"];

    public string Upper => _folder["upper"];

    public string this[string name] => _folder[name];

    public async Task InitializeAsync()
    {
        await BuildRuntimeAsync();
        foreach (string name in (string[])[.. SameAsNativeTests.Programs, "rawcalls"]) await CompileAsync(name, $"{name}.c");
        await CompileAsync("identity-nopie", "identity.c", "-no-pie");
        await CompileAsync("memory-nopie", "memory.c", "-no-pie");
        await CompileAsync("cancelling", "cancelling.c", "-fexceptions");
        await CompileAsync("static", "identity.c", "-static");
        string[] library = ["-shared", "-fPIC", .. ((string[])["include", "common", "upper", "lower"]).Select(f => $"-I{Native}/{f}")];
        await CompileAsync("libfake.so", "fake_proxy.c", library);
        await CompileAsync("libunreadable.so", "fake_proxy.c", ["-DUNREADABLE", .. library]);
        await CompileAsync("crossing", "crossing.c", $"{Native}/core/attach.c", "-fno-stack-protector", $"-I{Native}/include");
        foreach (string name in (string[])["parking", "restarted", "parked", "transfers", "mutex_owners"])
        {
            await CompileAsync(name, $"{name}.c", $"{Native}/core/attach.c", "-fno-stack-protector", $"-I{Native}/include", $"-I{Native}/upper");
        }

        foreach (string name in (string[])["states", "states_refused", "states_input"])
        {
            await CompileAsync(name, $"{name}.c",
            [
                "-D_GNU_SOURCE", "-static", "-no-pie", .. ((string[])["include", "common", "upper", "lower", "saved", "image", "state"]).Select(f => $"-I{Native}/{f}"),
                .. Directory.GetFiles($"{Native}/state", "*.c"), .. Directory.GetFiles($"{Native}/saved", "*.c"), $"{Native}/image/crc32c.c",
            ]);
        }
        await CompileAsync("polls", "polls.c", $"{Native}/core/poll.c", $"-I{Native}/include", $"-I{Native}/core");
        await CompileAsync("image_offsets", "image_offsets.c", $"-I{Native}/image");
        await CompileAsync("list_sites", "list_sites.c",
            $"-I{Native}/common", $"{Native}/common/elf_image.c", $"{Native}/common/machine_code.c");
        string[] decoder = ["instruction", "code_piece", "unwind_table", "code_extent", "tls_sites"];
        string[] decoding = [$"-I{Native}/common", $"-I{Native}/lower", $"{Native}/common/elf_image.c", .. decoder.Select(n => $"{Native}/lower/{n}.c")];
        await CompileAsync("list_tls", "list_tls.c", decoding);
        await CompileAsync("libone-segment.so", "threads.c", "-shared", "-fPIC", "-fstack-protector-all", "-Wl,-z,noseparate-code");
        await CompileAsync("decoding", "decoding.c", ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", .. decoding]);
        await CompileAsync("protocol", "protocol.c",
            "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", $"-I{_folder["gen"]}", $"-I{Native}/saved", $"{Native}/saved/save_stream.c");
        await CompileAsync("channel", "channel.c",
        [
            "-D_GNU_SOURCE", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
            .. ((string[])["include", "common", "agent", "lower", "saved"]).Select(f => $"-I{Native}/{f}"), $"-I{_folder["gen"]}",
            .. ((string[])["agent/channel.c", "agent/handshake.c", "agent/hmac.c", "saved/save_stream.c"]).Select(f => $"{Native}/{f}"),
        ]);
        await CompileAsync("units", "units.c",
        [
            "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", .. ((string[])["include", "common", "lower", "agent", "image"]).Select(f => $"-I{Native}/{f}"),
            .. Directory.GetFiles($"{Native}/common", "*.c"), $"{Native}/common/hook_entry.S", $"{Native}/lower/initial_stack.c",
            $"{Native}/lower/mpi_needed.c", $"{Native}/agent/cpu_features.c",
        ]);
        foreach (string name in (string[])["image_roundtrip", "image_corners", "image_damage", "image_refers"])
        {
            await CompileAsync(name, $"{name}.c",
            [
                "-D_GNU_SOURCE", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined", $"-I{Native}/include", $"-I{Native}/image",
                .. Directory.GetFiles($"{Native}/image", "*.c"),
            ]);
        }
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _folder.Dispose();

    /// <summary>Compiles one source of tests/programs/runtime with further arguments to gcc.</summary>
    public async Task CompileAsync(string output, string source, params string[] more)
    {
        string target = _folder[output];
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        Outcome gcc = await RunAsync(["gcc", .. s_programFlags, "-o", target, Path.Combine(Sources, source), .. more]);
        Assert.True(gcc.ExitCode == 0, gcc.ToString());
    }

    /// <summary>Runs a command in the folder of the compiled programs.</summary>
    public Task<Outcome> RunAsync(IReadOnlyList<string> words, IReadOnlyDictionary<string, string?>? environment = null, int seconds = 60) =>
        Bounded.RunAsync(words, _folder.Path, environment ?? new Dictionary<string, string?>(StringComparer.Ordinal), TimeSpan.FromSeconds(seconds));

    /// <summary>Runs a command split, without a launcher.</summary>
    public Task<Outcome> SplitAsync(
        IReadOnlyList<string> words, IReadOnlyList<string>? options = null, IReadOnlyDictionary<string, string?>? environment = null) =>
        RunAsync([Lower, .. options ?? [], "--", .. words], environment);

    private async Task BuildRuntimeAsync()
    {
        NativeParts all = NativeParts.Read(Native);
        NativeParts runtime = all with
        {
            Parts = [.. all.Parts.Where(p => p.Name is "resident" or "mana-lower").Select(p => p with { Stage = PartStage.Product })],
        };
        BuildFolders folders = new(Native, _folder["gen"], _folder["objects"], _folder.Path);
        ProtocolDescription protocol = ProtocolDescription.Read(Path.Combine(Native, ProtocolDescription.FileName));
        new ProtocolRenderer(protocol, new TemplateFolder(Path.Combine(Repository.Root, "templates"))).RenderC(folders.Generated);
        BuildPlan plan = new Planner(runtime, folders).ForProduct("gcc");
        List<string> said = [];
        CCompiler compiler = new(Environment.ProcessorCount);
        bool compiled = await compiler.CompileAsync(plan.Compile, o => said.Add(o.Result.Error), CancellationToken.None);
        Assert.True(compiled, string.Join('\n', said.Where(s => s.Length > 0)));
        foreach (LinkUnit unit in plan.Link)
        {
            Bundles.Processes.ChildResult? linked = await CLinker.LinkAsync(unit, _folder["objects"], CancellationToken.None);
            Assert.True(linked is null or { Succeeded: true }, linked?.Error);
        }
    }
}

[CollectionDefinition(Runtime.Collection)]
public sealed class RuntimeFixture : ICollectionFixture<Runtime>;
