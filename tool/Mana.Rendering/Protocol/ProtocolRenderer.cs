using Mana.Api;
using Scriban.Runtime;

namespace Mana.Rendering.Protocol;

/// <summary>One field as the templates see it.</summary>
/// <param name="Put">C parameters of protocol_put_x.</param>
/// <param name="Save">C statement that writes it.</param>
/// <param name="Get">C parameters of protocol_get_x.</param>
/// <param name="Load">C statement that reads it.</param>
/// <param name="Parameter">Of the C# record.</param>
/// <param name="Write">C# statement that writes it.</param>
/// <param name="Read">C# expression that reads it.</param>
public sealed record FieldView(string Put, string Save, string Get, string Load, string Parameter, string Write, string Read);

public sealed record MessageView(string Name, string Lower, string Pascal, int Type, string From, string Says, bool HasClocks, IReadOnlyList<FieldView> Fields);

public sealed record CallView(int Slot, string Name);

/// <summary>The protocol -> protocol.h for the agent, Messages.g.cs and CallNames.g.cs for the coordinator.</summary>
public sealed class ProtocolRenderer(ProtocolDescription protocol, TemplateFolder templates)
{
    public string RenderC(string output) => templates.Render("protocol.h", output, Model());

    public IReadOnlyList<string> RenderCSharp(ApiDescription api, string output)
    {
        ScriptObject calls = [];
        calls["crossing"] = api.Functions.Where(f => f.Slot >= 0).OrderBy(f => f.Slot).Select(f => new CallView(f.Slot, f.Symbol)).ToList();
        return [templates.Render("Messages.g.cs", output, Model()), templates.Render("CallNames.g.cs", output, calls)];
    }

    private ScriptObject Model()
    {
        ScriptObject model = [];
        model["version"] = protocol.Version;
        model["max_frame"] = protocol.MaxFrame;
        model["messages"] = protocol.Messages.Select(View).ToList();
        return model;
    }

    private static MessageView View(ProtocolMessage m) => new(
        m.Name, m.Name.ToLowerInvariant(), Pascal(m.Name), m.Type, m.From, m.Says, m.Fields.Any(f => f.Type == FieldType.Clocks), [.. m.Fields.Select(View)]);

    private static FieldView View(ProtocolField field)
    {
        string c = field.Name, cs = Pascal(field.Name);
        return field.Type switch
        {
            FieldType.U32 => new($"uint32_t {c}", $"save_u32(s, {c});", $"uint32_t *{c}", $"*{c} = load_u32(s);", $"uint {cs}", $"to.U32({cs});", "from.U32()"),
            FieldType.I32 => new($"int32_t {c}", $"save_u32(s, (uint32_t){c});", $"int32_t *{c}", $"*{c} = (int32_t)load_u32(s);", $"int {cs}", $"to.I32({cs});", "from.I32()"),
            FieldType.U64 => new($"uint64_t {c}", $"save_u64(s, {c});", $"uint64_t *{c}", $"*{c} = load_u64(s);", $"ulong {cs}", $"to.U64({cs});", "from.U64()"),
            FieldType.Text => new($"const char *{c}", $"save_text(s, {c});", $"char *{c}, size_t {c}_size", $"load_text(s, {c}, {c}_size);", $"string {cs}", $"to.Text({cs});", "from.Text()"),
            FieldType.Bytes16 => new($"const uint8_t {c}[16]", $"save_bytes(s, {c}, 16);", $"uint8_t {c}[16]", $"load_bytes(s, {c}, 16);", $"Secret {cs}", $"to.Secret({cs});", "from.Secret()"),
            _ => new($"uint32_t {c}_count", $"save_u32(s, {c}_count);", $"uint32_t *{c}_count", $"*{c}_count = load_u32(s);", $"IReadOnlyList<ClockValue> {cs}", $"to.Clocks({cs});", "from.Clocks()"),
        };
    }

    private static string Pascal(string name) => string.Concat(name.Split('_').Select(w => char.ToUpperInvariant(w[0]) + w[1..].ToLowerInvariant()));
}
