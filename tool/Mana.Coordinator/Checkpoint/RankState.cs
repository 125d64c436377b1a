using Mana.Coordinator.Protocol;

namespace Mana.Coordinator.Checkpoint;

/// <summary>A rank that is connected, and what it said last.</summary>
public sealed class RankState(HelloMessage hello)
{
    /// <summary>AGENT_FLAG_WRAPPED of native/agent/agent.h.</summary>
    private const uint Wrapped = 2;

    public int Rank => Hello.Rank;

    public HelloMessage Hello { get; } = hello;

    public WhereMessage? Where { get; set; }

    public RankImage? LastImage { get; set; }

    /// <summary>Its program is ending the job: the error code. The launcher may end other ranks sooner.</summary>
    public int? Aborting { get; set; }

    /// <summary>Its program has left with this exit code, 0 to 255, or as another one, <see cref="Untold"/>.</summary>
    public int? ExitCode { get; set; }

    /// <summary>EXITING where another program was executed, of whose end nobody tells.</summary>
    public const int Untold = -1;

    /// <summary>A child of what the launcher started: the launcher knows nothing of how it ends.</summary>
    public bool IsWrapped => (Hello.Flags & Wrapped) != 0;
}
