using Mana.Api;

namespace Mana.Rendering;

/// <summary>
/// What a generated core function does around its crossing: fresh handles, consumed handles, requests bound to their communicator, and the
/// gate of a collective.
/// </summary>
public static class CoreRules
{
    public static IEnumerable<string> Before(ApiFunction f, string failKind, string failHandle, string name) =>
        Fresh(f.Parameters, failKind, failHandle, name).Concat(GateBefore(f));

    /// <summary>Until what the call has made has a clock, the call is not over: the count is taken back last.</summary>
    public static IEnumerable<string> After(ApiFunction f) => Settled(f.Parameters).Concat(Born(f)).Concat(GateAfter(f));

    /// <summary>
    /// Collectives on a communicator, or on a file. A call that only the members of a group make has the group's clock. Windows are not gated: with one open, a checkpoint is refused.
    /// </summary>
    private static CollectiveGate? Gate(ApiFunction f)
    {
        bool collective = f.Class is "constructor-collective" or "io-collective" || f.Class.StartsWith("coll-", StringComparison.Ordinal);
        if (!collective) return null;
        if (f.Name == "Comm_create_group") return ByClock("core_gate_of_group(group)");
        if (f.Name == "Intercomm_create") return new CollectiveGate("CORE_GATE_ENTER_BRIDGED(local_comm", "core_gate_bridged(local_comm)");
        if (Of(f, "comm") is { } comm) return IsStarted(f) ? ByClock($"core_gate_of({comm})") : new CollectiveGate($"CORE_GATE_ENTER({comm}", $"core_gate_of({comm})");
        return Of(f, "file") is { } file ? ByClock($"core_gate_of_file({file})") : null;
    }

    /// <param name="Enter">The macro of core/gate.h, but for its last argument.</param>
    /// <param name="Clock">On which it counts.</param>
    private sealed record CollectiveGate(string Enter, string Clock);

    private static CollectiveGate ByClock(string clock) => new($"CORE_GATE_ENTER_CLOCK({clock}", clock);

    private static string? Of(ApiFunction f, string kind) =>
        f.Parameters.FirstOrDefault(p => p.Kind == kind && p is { IsArray: false, Direction: Direction.In })?.Name;

    /// <summary>It only begins here; the request is completed by a call that waits for nobody at a gate.</summary>
    private static bool IsStarted(ApiFunction f) =>
        f.Class == "coll-nonblocking" || (f.Class == "io-collective" && f.Parameters.Any(p => p is { Kind: "request", Direction: Direction.Out }));

    private static IEnumerable<string> GateBefore(ApiFunction f)
    {
        if (Gate(f) is { } gate) yield return $"{gate.Enter}, SLOT_{f.Name});";
    }

    /// <summary>
    /// Calls whose order among others is the same on all members give a clock of its own to what they make. Two that are made by calls that need not be in order
    /// (several groups, several leaders at once) share the clock of their members.
    /// </summary>
    private static IEnumerable<string> Born(ApiFunction f)
    {
        if (Gate(f) is null || Of(f, "comm") is not { } parent) yield break;
        bool ordered = f.Name is not ("Comm_create_group" or "Intercomm_create");
        foreach (ApiParameter p in f.Parameters.Where(p => p is { IsArray: false, Direction: Direction.Out }))
        {
            if (p.Kind == "comm") yield return ordered ? $"if (rc == 0) core_gate_born(*{p.Name}, {parent}, 0);" : $"if (rc == 0) core_gate_ask(*{p.Name});";
            if (p.Kind == "file") yield return $"if (rc == 0) core_gate_file_born(*{p.Name}, {parent});";
        }
    }

    /// <summary>
    /// Their members speak to each other before arguments are looked at: one that is told of a mistake has taken part. For MPI_File_open see native/proxy/file.c; the others compare
    /// what the members say (ROMIO).
    /// </summary>
    private static readonly HashSet<string> s_speakFirst = new(StringComparer.Ordinal) { "File_open", "File_set_atomicity", "File_preallocate", "File_seek_shared" };

    private static IEnumerable<string> GateAfter(ApiFunction f)
    {
        if (Gate(f) is not { } gate) yield break;
        if (!s_speakFirst.Contains(f.Name)) yield return $"if (__builtin_expect(rc != 0, 0)) core_gate_failed({gate.Clock}, rc);";
        yield return "core_gate_leave();";
    }

    private static IEnumerable<string> Fresh(IReadOnlyList<ApiParameter> all, string failKind, string failHandle, string name)
    {
        foreach (ApiParameter p in all.Where(p => p is { IsHandle: true, IsArray: false }))
        {
            if (p.Direction == Direction.Out)
            {
                yield return $"mana_h {p.Name}_fresh = core_new({p.KindMacro});";
                yield return $"if (!{p.Name}_fresh) return core_fail({failKind}, {failHandle}, MANA_ERR_NO_MEM, \"MPI_{name}\");";
                yield return $"*{p.Name} = {p.Name}_fresh;";
            }
            else if (p.Direction == Direction.InOut)
            {
                yield return $"mana_h {p.Name}_before = *{p.Name};";
            }
        }
    }

    private static IEnumerable<string> Settled(IReadOnlyList<ApiParameter> all)
    {
        ApiParameter? comm = all.FirstOrDefault(p => p is { Kind: "comm", IsArray: false, Direction: Direction.In });
        ApiParameter? owner = comm ?? all.FirstOrDefault(p => p is { Kind: "win" or "file", IsArray: false, Direction: Direction.In });
        foreach (ApiParameter p in all.Where(p => p is { IsHandle: true, IsArray: false }))
        {
            if (p.Direction == Direction.Out)
            {
                yield return $"if (__builtin_expect(rc != 0, 0)) core_delete({p.KindMacro}, {p.Name}_fresh);";
                yield return $"else *{p.Name} = core_settle({p.KindMacro}, {p.Name}_fresh, *{p.Name});";
                if (p.Kind == "request" && owner is not null)
                {
                    yield return $"core_object(MANA_KIND_REQUEST, {p.Name}_fresh)->request.comm = {owner.Name};";
                }

                if (p.Kind == "comm" && comm is not null)
                {
                    yield return $"if (rc == 0) core_comm_born(*{p.Name}, {comm.Name});";
                }

                if (p.Kind == "file")
                {
                    yield return $"if (rc == 0) core_file_born(*{p.Name});";
                }
            }
            else if (p.Direction == Direction.InOut)
            {
                yield return $"if (*{p.Name} != {p.Name}_before) core_delete({p.KindMacro}, {p.Name}_before);";
            }
        }
    }

    /// <summary>The function below, and the communicator that whoever asks where the rank is will hear of.</summary>
    public static string Below(ApiFunction f) => Below(f.Name, Of(f, "comm"));

    private static string Below(string name, string? comm) => comm is null ? $"MPI_BELOW({name})" : $"MPI_BELOW_ON({name}, {comm})";

    /// <summary>
    /// The call below after MANA_RC_AGAIN: the same one, or, where the send is done (MANA_RC_RECEIVE), the receive alone.
    /// </summary>
    public static string? Again(ApiFunction f)
    {
        string args = string.Join(", ", f.Parameters.Select(p => p.Name));
        string variant = f.IsLarge ? "_c" : "";
        return f.BaseName switch
        {
            "Recv" or "Probe" or "Mprobe" => $"{Below(f)}({args})",
            "Sendrecv" => $"{Below("Recv" + variant, "comm")}(recvbuf, recvcount, recvtype, source, recvtag, comm, status)",
            "Sendrecv_replace" => $"{Below("Recv" + variant, "comm")}(buf, count, datatype, source, recvtag, comm, status)",
            _ => null,
        };
    }

    /// <summary>Whose error handler hears of a failure (MPI-4.1 section 9.3): the file, window, session or communicator named first.</summary>
    public static (string Kind, string Handle) FailsOn(ApiFunction f)
    {
        IReadOnlyList<ApiParameter> all = f.Parameters;
        if (f.Class == "tool")
        {
            return ("MANA_KIND_NONE", "0");
        }

        foreach (string kind in (string[])["file", "win", "session", "comm"])
        {
            ApiParameter? p = all.FirstOrDefault(a => a.Kind == kind && !a.IsArray);
            if (p is null)
            {
                continue;
            }

            if (p.Direction != Direction.Out)
            {
                return (p.KindMacro, p.Direction == Direction.In ? p.Name : $"{p.Name}_before");
            }

            if (kind == "file")
            {
                return (p.KindMacro, "MANA_FILE_NULL");
            }
        }

        // What concerns files before there is one (MPI-4.1 section 14.7).
        return f.Class.StartsWith("io-", StringComparison.Ordinal)
            ? ("MANA_KIND_FILE", "MANA_FILE_NULL")
            : ("MANA_KIND_COMM", "MANA_COMM_WORLD");
    }
}
