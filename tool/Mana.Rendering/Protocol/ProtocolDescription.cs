using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Rendering.Protocol;

public enum FieldType
{
    U32,
    I32,
    U64,
    Text,
    Bytes16,
    Clocks,
}

/// <summary>A field, in the order of the wire. <paramref name="Name"/> is in snake_case.</summary>
public sealed record ProtocolField(string Name, FieldType Type);

/// <summary>A message. <paramref name="Name"/> is in CAPITALS; <paramref name="Type"/> its number on the wire.</summary>
public sealed record ProtocolMessage(string Name, int Type, string From, string Says, IReadOnlyList<ProtocolField> Fields);

/// <summary>native/protocol/messages.toml: what agents, clients and the coordinator say to each other.</summary>
public sealed record ProtocolDescription(int Version, int MaxFrame, IReadOnlyList<ProtocolMessage> Messages)
{
    /// <summary>Where it is, below native/.</summary>
    public const string FileName = "protocol/messages.toml";

    private static readonly string[] s_speakers = ["agent", "coordinator", "client"];
    private static readonly Dictionary<string, FieldType> s_types = Enum.GetValues<FieldType>().ToDictionary(t => t.ToString().ToLowerInvariant(), StringComparer.Ordinal);

    public static ProtocolDescription Read(string file) => Read(TomlSection.Read(file));

    public static ProtocolDescription Parse(string text, string file) => Read(TomlSection.Parse(text, file));

    private static ProtocolDescription Read(TomlSection root)
    {
        ProtocolDescription all = new((int)root.Number("version"), (int)root.Number("max_frame"), [.. root.Sections("message").Select(Message)]);
        root.Close();
        foreach (IGrouping<int, ProtocolMessage> same in all.Messages.GroupBy(m => m.Type))
            if (same.Count() > 1) throw new UserErrorException(ProtocolErrors.SameNumber(root.Place, same.Key, same.Select(m => m.Name)));
        return all;
    }

    private static ProtocolMessage Message(TomlSection s)
    {
        string from = s.Text("from");
        if (!s_speakers.Contains(from)) throw new UserErrorException(TomlErrors.BadValue(s.PlaceOf("from"), "from", from, s_speakers));
        ProtocolMessage message = new(s.Text("name"), (int)s.Number("type"), from, s.Text("says"), [.. s.Sections("fields").Select(Field)]);
        s.Close();
        // The entries of clocks follow a message's other fields, so that C can write and read them by hand.
        if (message.Fields.SkipLast(1).Any(f => f.Type == FieldType.Clocks)) throw new UserErrorException(ProtocolErrors.ClocksLast(s.Place, message.Name));
        return message;
    }

    private static ProtocolField Field(TomlSection s)
    {
        string type = s.Text("type");
        if (!s_types.TryGetValue(type, out FieldType known)) throw new UserErrorException(TomlErrors.BadValue(s.PlaceOf("type"), "type", type, s_types.Keys));
        ProtocolField field = new(s.Text("name"), known);
        s.Close();
        return field;
    }
}

public static class ProtocolErrors
{
    public static UserError SameNumber(SourcePlace place, int type, IEnumerable<string> names) => new(
        $"the message number {type} is given to {string.Join(" and ", names)}", "Give each message a number of its own.", place.ToString());

    public static UserError ClocksLast(SourcePlace place, string message) => new(
        $"{message} has a field after its clocks", "Make the clocks its last field.", place.ToString());
}
