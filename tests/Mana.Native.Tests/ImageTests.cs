using Mana.Native.Tests.Support;
using Mana.Testing;
using Xunit;

namespace Mana.Native.Tests;

/// <summary>The image of a rank, by itself and under sanitizers: no MPI, no mana-lower.</summary>
[Collection(Runtime.Collection)]
public sealed class ImageTests(Runtime runtime)
{
    /// <summary>Code, data, hidden and shared memory, sparse areas, files that became shorter: another process finds all of it.</summary>
    [Fact]
    public Task Memory_is_found_again_as_it_was_left() => RunsAsync("image_roundtrip");

    /// <summary>Huge pages, pages that the kernel takes back meanwhile, a file that cannot be read, a ring of libaio.</summary>
    [Fact]
    public Task Memory_in_corners_is_saved_or_named() => RunsAsync("image_corners");

    /// <summary>Each byte of the header, hundreds of others, cuts, and tables that lie: found before anything is mapped.</summary>
    [Fact]
    public Task A_damaged_image_is_never_mapped() => RunsAsync("image_damage");

    /// <summary>Files that were deleted or replaced before, changed, cut off, gone or moved after; references that lie.</summary>
    [Fact]
    public Task What_a_program_has_not_changed_of_a_file_is_read_there_again() => RunsAsync("image_refers");

    [Fact]
    public async Task The_example_of_the_format_has_its_offsets()
    {
        string[] page = await File.ReadAllLinesAsync(Path.Combine(Repository.Root, "docs", "image-format.md"));
        Outcome outcome = await runtime.RunAsync([runtime["image_offsets"]]);
        Assert.Equal(0, outcome.ExitCode);
        string[][] places = [.. outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', 2))];
        Assert.DoesNotContain(
            places, p => !page.Any(l => l.StartsWith($"    {p[0]} ", StringComparison.Ordinal) && l.Contains(p[1], StringComparison.Ordinal)));
    }

    private async Task RunsAsync(string program)
    {
        Outcome outcome = await runtime.RunAsync([runtime[program], "."], seconds: 120);
        Assert.True(outcome is { ExitCode: 0, Output: "done\n" }, outcome.ToString());
    }
}
