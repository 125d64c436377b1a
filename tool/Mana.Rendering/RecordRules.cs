using Mana.Api;

namespace Mana.Rendering;

/// <summary>What a generated proxy notes after a call that succeeded, so that a checkpoint knows what is under way (native/proxy/px_record.h).</summary>
public static class RecordRules
{
    /// <summary>Around the site's call, whether it succeeds or not: who waits for processes of another job does not come to a stop (native/proxy/dynamic.h).</summary>
    public static (string[] Before, string[] Always) Around(ApiFunction f) =>
        f.BaseName is "Comm_accept" or "Comm_connect" or "Comm_join" ? ([$"px_dynamic_enter(\"MPI_{f.Name}\");"], ["px_dynamic_leave();"]) : ([], []);

    /// <param name="f">A function whose proxy is generated.</param>
    public static IEnumerable<string> After(ApiFunction f)
    {
        if (f.BaseName is "Send" or "Bsend" or "Rsend")
        {
            yield return "px_count_sent(comm, dest, tag);";
        }

        if (f.Parameters.FirstOrDefault(p => p is { Kind: "request", Direction: Direction.Out, IsArray: false }) is { } request)
        {
            yield return Started(f, $"*{request.Name}");
        }

        if (f.BaseName is "Comm_accept" or "Comm_connect" or "Comm_join" or "Comm_get_parent")
        {
            yield return $"px_foreign_made(*{f.Parameters.Single(p => p.Kind == "comm" && p.Direction == Direction.Out).Name});";
        }

        foreach (string line in OfFile(f)) yield return line;
        if (s_opens.TryGetValue(f.BaseName, out string? counted)) yield return counted;
    }

    /// <summary>What a program has open of the site that nobody can make anew elsewhere (native/proxy/dynamic.h).</summary>
    private static readonly Dictionary<string, string> s_opens = new(StringComparer.Ordinal)
    {
        ["T_init_thread"] = "px_open_tools++;",
        ["T_finalize"] = "px_open_tools--;",
        ["Open_port"] = "px_open_ports++;",
        ["Close_port"] = "px_open_ports--;",
    };

    /// <summary>What the site does not tell of an open file when it is asked (native/proxy/px_file.h).</summary>
    private static IEnumerable<string> OfFile(ApiFunction f)
    {
        if (!f.Class.StartsWith("io-", StringComparison.Ordinal)) yield break;
        if (f.BaseName is "File_set_info" or "File_set_view") yield return "px_file_add_hints(fh, info);";
        if (f.BaseName.EndsWith("_begin", StringComparison.Ordinal)) yield return $"px_file_of(fh)->split = \"MPI_{f.Name}\";";
        if (f.BaseName.EndsWith("_end", StringComparison.Ordinal)) yield return "px_file_of(fh)->split = NULL;";
        bool moves = f.BaseName != "File_get_position_shared" && (f.BaseName.Contains("_shared", StringComparison.Ordinal) || f.BaseName.Contains("_ordered", StringComparison.Ordinal));
        if (moves) yield return "px_file_of(fh)->has_moved_shared = 1;";
    }

    private static string Started(ApiFunction f, string request) => (f.Class, f.BaseName) switch
    {
        ("p2p-nonblocking", "Issend") => $"px_record_synchronous({request}, {Message(f)});",
        ("p2p-nonblocking", _) => $"px_record_send({request}, {Message(f)});",
        ("p2p-persistent", "Psend_init" or "Precv_init") => New(f, request, "PX_PARTITIONED"),
        ("p2p-persistent", "Recv_init") => $"px_record_persistent({request}, PX_RECEIVE, PX_STANDARD, {Message(f)});",
        ("p2p-persistent", string name) => $"px_record_persistent({request}, PX_SEND, {Mode(name)}, {Message(f)});",
        ("coll-nonblocking", _) => Collective(f, request, "PX_COLLECTIVE"),
        ("constructor-collective", _) => New(f, request, "PX_CONSTRUCTOR"),
        ("coll-persistent", _) => Collective(f, request, "PX_PERSISTENT_COLLECTIVE"),
        ("io-independent" or "io-collective", _) => New(f, request, "PX_FILE"),
        _ => New(f, request, "PX_OTHER"),
    };

    // A reduction of the application's is called with the datatype, freed or not.
    private static string Collective(ApiFunction f, string request, string kind) => f.Parameters.FirstOrDefault(p => p.Kind == "op") is { } op
        ? $"px_record_reduction({request}, {kind}, {f.Parameters.Single(p => p.Kind == "datatype").Name}, {op.Name}, {Comm(f)});"
        : New(f, request, kind);

    private static string New(ApiFunction f, string request, string kind) => $"px_record_new({request}, {kind}, {Comm(f)});";

    private static string Comm(ApiFunction f) => f.Parameters.FirstOrDefault(p => p is { Kind: "comm", Direction: Direction.In })?.Name ?? "0";

    // buf, count, datatype, peer, tag, comm: all that stands before the request.
    private static string Message(ApiFunction f) => string.Join(", ", f.Parameters.TakeWhile(p => p.Kind != "request").Select(p => p.Name));

    private static string Mode(string name) => name[0] switch
    {
        'B' => "PX_BUFFERED",
        'R' => "PX_READY",
        'S' when name.StartsWith("Ss", StringComparison.Ordinal) => "PX_SYNCHRONOUS",
        _ => "PX_STANDARD",
    };
}
