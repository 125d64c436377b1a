using System.Buffers.Binary;
using System.Numerics;
using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>A checkpoint comes to a host whose processor cannot do what the program may have found where it was started, or to another release of mana.</summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Checkpoints)]
public sealed class ProcessorStories(House house)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);
    private const int SplitAbi = 12, Fingerprint = 48, Processor = 56;

    [Fact]
    public async Task What_does_not_fit_here_is_named_before_anything_is_mapped()
    {
        const string steps = "600";
        using Folder folder = new();
        Job.Place place = new(house, folder, "elsewhere", 2, Stories.Environment);
        await using Job job = Job.Launch(place, Mpi.OpenMpi, [House.CheckpointStory("inflight", Mpi.OpenMpi), steps], Limit);
        Assert.True(await job.IsUnderWayAsync());
        Outcome? stopped = await job.StopAsync();
        Assert.NotNull(stopped);
        string image = Path.Combine(place.Committed[^1], "rank-1.img");
        byte[] header = await Header.ReadAsync(image);
        // No processor of today has 3DNow!, which needs no registers but those of x87: so both are missed wherever AVX-512 is, and where it is not.
        // The highest bit of leaf 1 ECX is the hypervisor's, on which no program depends.
        (byte[] Header, string Refusal)[] cases =
        [
            (Header.With(header, Processor + 7, 0x80, Processor + 24 + 3, 0xc0), "lacks: 3dnowext, 3dnow ("),
            (Header.With(header, SplitAbi, 0x80), "restart with the mana that wrote it"),
            (Header.With(header, Fingerprint, 1), "was written by another version of mana than this bundle is of"),
        ];
        foreach ((byte[] changed, string refusal) in cases)
        {
            await Header.WriteAsync(image, changed);
            await using Job refused = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit);
            Outcome outcome = await refused.Running;
            Assert.True(outcome is { ExitCode: Job.ManaFailed, TimedOut: false, Output: "" }, outcome.ToString());
            Assert.Contains("the image of rank 1 is refused", outcome.Errors, StringComparison.Ordinal);
            Assert.Contains(refusal, outcome.Errors, StringComparison.Ordinal);
        }
        await Header.WriteAsync(image, header);
        await using Job restarted = Job.Restart(place, Mpi.Mpich, place.JobFolder, Limit, Job.Hurry);
        Outcome end = await restarted.Running;
        Assert.True(end is { ExitCode: 0, TimedOut: false }, end.ToString());
        Assert.Equal(await house.NativeStoryAsync("inflight", 2, steps), stopped.Output + end.Output);
    }

    /// <summary>The first page of an image, as native/image/image_format.h draws it; the footer repeats its checksum.</summary>
    private static class Header
    {
        private const int Length = 4096, Checksum = 4092, FooterChecksumFromEnd = 12;

        public static async Task<byte[]> ReadAsync(string image)
        {
            byte[] header = new byte[Length];
            using FileStream file = File.OpenRead(image);
            await file.ReadExactlyAsync(header);
            return header;
        }

        /// <param name="header">Which is not changed.</param>
        /// <param name="bits">Offset of a byte, bits that are turned over in it, and so on.</param>
        public static byte[] With(byte[] header, params int[] bits)
        {
            byte[] changed = [.. header];
            for (int i = 0; i < bits.Length; i += 2) changed[bits[i]] ^= (byte)bits[i + 1];
            uint crc = ~changed.Take(Checksum).Aggregate(uint.MaxValue, BitOperations.Crc32C);
            BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(Checksum), crc);
            return changed;
        }

        public static async Task WriteAsync(string image, byte[] header)
        {
            using FileStream file = File.OpenWrite(image);
            await file.WriteAsync(header);
            file.Position = file.Length - FooterChecksumFromEnd;
            await file.WriteAsync(header.AsMemory(Checksum));
        }
    }
}
