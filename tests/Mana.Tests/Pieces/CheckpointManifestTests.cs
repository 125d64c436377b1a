using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;
using Mana.Coordinator.Jobs;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.Pieces;

/// <summary>A manifest is read as if somebody else had written it.</summary>
public sealed class CheckpointManifestTests
{
    private static readonly JobDescription Job = new()
    {
        Job = "melt",
        Program = "/usr/bin/lmp",
        Arguments = ["-in", "melt.lmp"],
        WorkingDirectory = "/work",
        Bundle = "site",
        Backend = "mpich",
        MpiVersion = "4.0.2",
    };

    private static readonly CheckpointManifest Sample = new(
        Job, new CheckpointRecord(7, 1024, TimeSpan.FromSeconds(1), [new RankImage(0, "node1", 100, 50, 0xabc, 20)]), "node1", DateTimeOffset.UnixEpoch)
    { Earlier = 6, Keep = 3 };

    [Fact]
    public void What_is_written_is_read_back()
    {
        CheckpointManifest read = Read(Sample.Write());
        Assert.Equal(Sample.Write(), read.Write());
        Assert.Equal((6u, 3), (read.Earlier, read.Keep));
    }

    [Theory]
    [InlineData("job = \"melt\"", "job = \"../../x\"")]
    [InlineData("epoch = 7", "epoch = -1")]
    [InlineData("epoch = 7", "epok = 7")]
    [InlineData("epoch = 7", "epoch = ")]
    [InlineData("ranks = 1", "ranks = 2")]
    [InlineData("thread_level = 1024", "thread_level = 99999")]
    [InlineData("milliseconds = 1000", "milliseconds = 99999999999999999")]
    [InlineData("stored = 50", "stored = -5")]
    [InlineData("earlier = 6", "earlier = 7")]
    [InlineData("syscalls = \"patch\"", "syscalls = \"foo\"")]
    [InlineData("collectives = \"clock\"", "collectives = \"foo\"")]
    public void What_cannot_be_is_damage(string right, string wrong)
    {
        string text = Sample.Write();
        Assert.Contains(right, text, StringComparison.Ordinal);
        UserError error = Assert.Throws<UserErrorException>(() => Read(text.Replace(right, wrong, StringComparison.Ordinal))).Error;
        Assert.Contains("the manifest of a checkpoint is damaged", error.What, StringComparison.Ordinal);
        Assert.Equal("Use another checkpoint: mana images list", error.ToDo);
    }

    [Fact]
    public void An_empty_file_is_damage_too()
    {
        UserError error = Assert.Throws<UserErrorException>(() => Read("")).Error;
        Assert.Contains("damaged: the key 'format' is missing", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Lists_in_lists_without_end_are_damage_too()
    {
        string deep = new string('[', 10_000) + new string(']', 10_000);
        UserError error = Assert.Throws<UserErrorException>(() => Read(Sample.Write().Replace("arguments = [\"-in\", \"melt.lmp\"]", "arguments = " + deep, StringComparison.Ordinal))).Error;
        Assert.Contains("damaged: this is not valid TOML", error.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_format_is_another_release()
    {
        UserError error = Assert.Throws<UserErrorException>(() => Read("format = 99\nshape = \"round\"\n")).Error;
        Assert.Contains("this checkpoint has format 99", error.What, StringComparison.Ordinal);
    }

    private static CheckpointManifest Read(string text)
    {
        using Folder folder = new();
        File.WriteAllText(folder[CheckpointManifest.FileName], text);
        return CheckpointManifest.Read(folder[CheckpointManifest.FileName]);
    }
}
