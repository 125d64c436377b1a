using System.Text.Json.Nodes;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>Images on disk: compressed or not, checked by their user, and refused when they are damaged.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class ImageStories(House house)
{
    private const string Story = "memory", Steps = "300";
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>On the way abroad a bit of an image is changed and changed back: `mana images verify` and the restart name the file.</summary>
    [Theory]
    [InlineData("none", "mpich", "openmpi")]
    [InlineData("lz4", "openmpi", "mpich")]
    [InlineData("zstd", "mpich", "openmpi")]
    public async Task A_job_goes_on_from_images_that_its_user_has_verified(string codec, string home, string abroad)
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "verified-" + codec);
        string output = await StopAsync(place, home, codec), image = Path.Combine(place.Committed[^1], "rank-1.img");
        AssertSizes(await ManaAsync(place, "images", "show", place.JobFolder, "--json"), codec);
        Outcome good = await ManaAsync(place, "images", "verify", place.JobFolder, "--json");
        Assert.True(good.ExitCode == 0, good.ToString());
        Assert.Equal(["good", "good"], StatesIn(good));
        long length = new FileInfo(image).Length, middle = length / 2, footer = length - 10;
        Flip(image, footer);
        Assert.Contains("damaged", StatesIn(await ManaAsync(place, "images", "verify", place.JobFolder, "--json"))[1], StringComparison.Ordinal);
        Flip(image, footer);
        Flip(image, middle);
        Outcome bad = await ManaAsync(place, "images", "verify", place.JobFolder, "--json");
        Assert.True(bad.ExitCode == Job.ManaFailed && bad.Errors.Contains("1 image is damaged", StringComparison.Ordinal), bad.ToString());
        Assert.Equal("good", StatesIn(bad)[0]);
        Assert.Contains("damaged", StatesIn(bad)[1], StringComparison.Ordinal);
        Assert.Contains("rank-1.img", bad.Output, StringComparison.Ordinal);
        await using (Job refused = Job.Restart(place, Mpi.Named(abroad), place.JobFolder, Limit))
        {
            Outcome outcome = await refused.Running;
            Assert.True(outcome is { ExitCode: Job.ManaFailed, Output: "" } && outcome.Errors.Contains("rank-1.img", StringComparison.Ordinal), outcome.ToString());
        }
        Flip(image, middle);
        await using Job job = Job.Restart(place, Mpi.Named(abroad), place.JobFolder, Limit, ["--compress", codec, .. Job.Hurry]);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), output + end.Output);
    }

    /// <summary>The story has changed one page of four of a file that it has mapped; the others are in no image.</summary>
    [Fact]
    public async Task Images_that_refer_to_files_need_them_as_they_were_and_a_restart_can_be_told_where_they_are_now()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "referring");
        string output = await StopAsync(place, "openmpi", "lz4", "--reference-files"), file = folder["memory-private.1"], elsewhere = folder["elsewhere"];
        Outcome good = await ManaAsync(place, "images", "verify", place.JobFolder, "--json");
        Assert.Equal(["good", "good"], StatesIn(good));
        const long OfAnUnchangedPage = 3 * 4096 + 100;
        Flip(file, OfAnUnchangedPage);
        await using (Job refused = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit))
        {
            Outcome outcome = await refused.Running;
            Assert.True(outcome is { ExitCode: Job.ManaFailed, Output: "" }, outcome.ToString());
            Assert.Contains($"'{file}' is not the file that was mapped", outcome.Errors, StringComparison.Ordinal);
        }
        Flip(file, OfAnUnchangedPage);
        File.Move(file, elsewhere);
        await using Job job = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, ["--reference-files", "--map", $"{file}={elsewhere}", .. Job.Hurry]);
        Outcome end = await job.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), output + end.Output);
    }

    /// <summary>The job changed it after the checkpoint, and has its descriptor open: what it held then is in the images.</summary>
    [Fact]
    public async Task A_file_that_memory_is_shared_through_gets_back_what_it_held_when_a_job_that_ran_on_is_restarted()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "sharing");
        await using (Job job = Launch(place, "mpich", "none"))
        {
            await job.RequireUnderWayAsync();
            Outcome checkpoint = await job.CheckpointAsync();
            Assert.True(checkpoint.ExitCode == 0, checkpoint.ToString());
            await Task.Delay(500);
            await job.SignalRankAsync(1, "KILL");
            Assert.DoesNotContain("OK", (await job.Running).Output, StringComparison.Ordinal);
        }
        await using Job again = Job.Restart(place, Mpi.OpenMpi, place.JobFolder, Limit, Job.Hurry);
        Outcome end = await again.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync(Story, 2, Steps), end.Output);
    }

    [Fact]
    public async Task Images_that_are_missing_cut_off_or_not_in_the_manifest_are_named()
    {
        using Folder folder = new();
        Job.Place place = PlaceIn(folder, "incomplete");
        await StopAsync(place, "openmpi", "none");
        string checkpoint = place.Committed[^1], image = Path.Combine(checkpoint, "rank-0.img"), manifest = Path.Combine(checkpoint, "manifest.toml");
        using (FileStream stream = File.OpenWrite(image)) stream.SetLength(stream.Length - 1);
        Outcome cut = await ManaAsync(place, "images", "verify", checkpoint);
        Assert.True(cut.ExitCode == Job.ManaFailed && cut.Output.Contains("rank-0.img", StringComparison.Ordinal) && cut.Output.Contains("bytes and had", StringComparison.Ordinal), cut.ToString());
        File.Delete(image);
        Outcome missing = await ManaAsync(place, "images", "verify", checkpoint);
        Assert.True(missing.ExitCode == Job.ManaFailed && missing.Output.Contains("rank-0.img", StringComparison.Ordinal), missing.ToString());
        string text = await File.ReadAllTextAsync(manifest);
        await File.WriteAllTextAsync(manifest, text[..text.LastIndexOf("[[image]]", StringComparison.Ordinal)]);
        Outcome lacking = await ManaAsync(place, "images", "verify", checkpoint);
        Assert.True(lacking.ExitCode == Job.ManaFailed && lacking.Errors.Contains("does not list each rank once", StringComparison.Ordinal), lacking.ToString());
        Assert.Contains("manifest.toml", lacking.Errors, StringComparison.Ordinal);
    }

    /// <summary>An empty file of that name, found before the system's, stands for a host that lacks the library.</summary>
    [Theory]
    [InlineData("lz4", "liblz4.so.1", "liblz4-1")]
    [InlineData("zstd", "libzstd.so.1", "libzstd1")]
    public async Task Where_the_library_of_a_codec_is_missing_its_name_and_package_are_told(string codec, string library, string package)
    {
        using Folder folder = new(), libraries = new();
        Dictionary<string, string?> without = new(Stories.Environment, StringComparer.Ordinal) { ["LD_LIBRARY_PATH"] = libraries.Path };
        Job.Place place = PlaceIn(folder, "lacking-" + codec);
        await StopAsync(place, "openmpi", codec);
        await File.WriteAllTextAsync(libraries[library], "");
        await using (Job launched = Launch(place with { More = without, Name = "refused-" + codec }, "openmpi", codec)) AssertNamed(await launched.Running, library, package);
        await using (Job restarted = Job.Restart(place with { More = without }, Mpi.Mpich, place.JobFolder, Limit)) AssertNamed(await restarted.Running, library, package);
    }

    private static void AssertNamed(Outcome outcome, string library, string package)
    {
        Assert.True(outcome is { TimedOut: false, Output: "" } && outcome.ExitCode != 0, outcome.ToString());
        Assert.True(outcome.Errors.Contains(library, StringComparison.Ordinal) && outcome.Errors.Contains(package, StringComparison.Ordinal), outcome.ToString());
    }

    private static void AssertSizes(Outcome shown, string codec)
    {
        Assert.True(shown.ExitCode == 0, shown.ToString());
        JsonArray images = JsonNode.Parse(shown.Output)!["images"]!.AsArray();
        Assert.Equal(2, images.Count);
        foreach (JsonNode? image in images)
        {
            long bytes = (long)image!["bytes"]!, stored = (long)image["stored"]!;
            Assert.True(codec == "none" ? stored > bytes : stored < bytes * 3 / 4, shown.ToString());
        }
    }

    private static string[] StatesIn(Outcome verified) => [.. JsonNode.Parse(verified.Output)!.AsArray().Select(i => (string)i!["state"]!)];

    private Job.Place PlaceIn(Folder folder, string name) => new(house, folder, name, 2, Stories.Environment);

    private static Job Launch(Job.Place place, string site, string codec, params string[] options) =>
        Job.Launch(place, Mpi.Named(site), [House.CheckpointStory(Story, Mpi.OpenMpi), Steps], Limit, ["--compress", codec, .. options]);

    /// <summary>Starts the story and stops it half a second later; what it has printed until then.</summary>
    private static async Task<string> StopAsync(Job.Place place, string site, string codec, params string[] options)
    {
        await using Job job = Launch(place, site, codec, options);
        Assert.True(await job.IsUnderWayAsync(), job.Running.IsCompleted ? (await job.Running).ToString() : "it does not get under way");
        await Task.Delay(500);
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        return stopped.Output;
    }

    private static Task<Outcome> ManaAsync(Job.Place place, params string[] words) =>
        Bounded.RunAsync([place.House.Tool.Mana, .. words], place.Folder.Path, place.Environment, TimeSpan.FromMinutes(1));

    private static void Flip(string file, long at)
    {
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.ReadWrite);
        stream.Position = at;
        int value = stream.ReadByte();
        stream.Position = at;
        stream.WriteByte((byte)(value ^ 0x10));
    }
}
