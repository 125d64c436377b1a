using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>A rank that is connected, and what it said last.</summary>
public sealed class RankState(HelloMessage hello)
{
    public int Rank => Hello.Rank;

    public HelloMessage Hello { get; } = hello;

    public WhereMessage? Where { get; set; }

    public RankImage? LastImage { get; set; }

    /// <summary>Its program is ending the job: the error code. The launcher may end other ranks sooner.</summary>
    public int? Aborting { get; set; }
}
