namespace Mana.Rendering;

/// <summary>One variant of one function as the templates see it: every line of C that depends on its parameters, ready to be laid out.</summary>
public sealed record FunctionView
{
    /// <summary>Name without MPI_: Send, Send_c.</summary>
    public required string Name { get; init; }

    /// <summary>The symbol: MPI_Send, MPIX_Comm_agree.</summary>
    public required string MpiName { get; init; }

    /// <summary>For a _c variant the base function's symbol, else its own.</summary>
    public required string BaseMpiName { get; init; }

    /// <summary>The core function the stub calls; differs from <see cref="Name"/> for MPI-1 names.</summary>
    public required string CoreName { get; init; }

    public required string Core { get; init; }

    public required string Proxy { get; init; }

    public required bool HandStub { get; init; }

    /// <summary>-1 for what never crosses.</summary>
    public required int Slot { get; init; }

    public required bool IsError { get; init; }

    /// <summary>A site may declare it and still lack it at run time (MPI-4 on a library of MPI 3.1).</summary>
    public required bool IsOptional { get; init; }

    public required string CanonReturn { get; init; }

    public required string CanonParams { get; init; }

    public required string CanonArgs { get; init; }

    public required string AppReturn { get; init; }

    public required string AppParams { get; init; }

    public IReadOnlyList<string> StubBefore { get; init; } = [];

    public string StubArgs { get; init; } = "";

    public IReadOnlyList<string> StubAfter { get; init; } = [];

    public IReadOnlyList<string> StubAlways { get; init; } = [];

    public IReadOnlyList<string> CoreBefore { get; init; } = [];

    /// <summary>How the core names the function below.</summary>
    public string CoreBelow { get; init; } = "";

    /// <summary>What is called below, again and again, once upper threads had to park; null where a call is never sent back.</summary>
    public string? CoreAgain { get; init; }

    public IReadOnlyList<string> CoreAfter { get; init; } = [];

    public string FailKind { get; init; } = "";

    public string FailHandle { get; init; } = "";

    public IReadOnlyList<string> ProxyBefore { get; init; } = [];

    public string ProxyArgs { get; init; } = "";

    public IReadOnlyList<string> ProxyAfter { get; init; } = [];

    public IReadOnlyList<string> ProxyAlways { get; init; } = [];

    public bool NarrowPossible { get; init; }

    public IReadOnlyList<string> NarrowBefore { get; init; } = [];

    public string NarrowArgs { get; init; } = "";

    public IReadOnlyList<string> NarrowAfter { get; init; } = [];

    public IReadOnlyList<string> NarrowAlways { get; init; } = [];
}
