using Mana.Bundles.Elf;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

public sealed class ElfTests
{
    [Fact]
    public async Task A_library_tells_its_soname_needs_and_build_id()
    {
        using Folder folder = new();
        await File.WriteAllTextAsync(folder["a.c"], "int f(void) { return 1; }");
        Outcome made = await Bounded.RunAsync(
            ["gcc", "-shared", "-fPIC", "a.c", "-o", "liba.so", "-Wl,-soname,libgood.so.3", "-Wl,--build-id=0x0123abcd", "-Wl,--no-as-needed", "-lm"],
            folder.Path, Mpi.Environment, TimeSpan.FromSeconds(60));
        Assert.True(made.ExitCode == 0, made.ToString());
        ElfFile elf = ElfFile.TryRead(folder["liba.so"])!;
        Assert.Equal("libgood.so.3", elf.Soname);
        Assert.Equal("0123abcd", elf.BuildId);
        Assert.Contains("libm.so.6", elf.Needed);
        Assert.True(elf is { Is64Bit: true, Machine: ElfFile.MachineX64, Interpreter: null });
    }

    [Fact]
    public void A_script_is_no_ELF_file()
    {
        using Folder folder = new();
        File.WriteAllText(folder["x"], "#!/bin/sh\n");
        Assert.Null(ElfFile.TryRead(folder["x"]));
    }

    [Fact]
    public void Damaged_headers_are_refused_and_never_followed()
    {
        byte[] good = File.ReadAllBytes("/bin/ls");
        using Folder folder = new();
        Random random = new(1);
        for (int round = 0; round < 300; round++)
        {
            byte[] bad = [.. good[..4096]];
            for (int i = 0; i < 8; i++) bad[16 + random.Next(600)] = (byte)random.Next(256);
            File.WriteAllBytes(folder["bad"], bad);
            try
            {
                ElfFile.TryRead(folder["bad"]);
            }
            catch (InvalidDataException)
            {
                // The one way in which it may complain.
            }
        }
    }
}
