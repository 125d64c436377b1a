using Mana.Bundles.Plan;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace Mana.Build.Tasks;

/// <summary>Plans cross from task to task as items. Flags may hold ';' and '%', so lists are joined by a character that no path or flag holds.</summary>
internal static class PlanItems
{
    private const char Joint = '\u001f';

    public static ITaskItem ToItem(CompileUnit unit) => Item(unit.Source, ("Compiler", unit.Compiler), ("Flags", Join(unit.Flags)), ("Object", unit.ObjectFile));

    public static CompileUnit ToCompileUnit(ITaskItem item) =>
        new(item.GetMetadata("Compiler"), Split(item.GetMetadata("Flags")), item.ItemSpec, item.GetMetadata("Object"));

    public static ITaskItem ToItem(LinkUnit unit) =>
        Item(unit.Name, ("Compiler", unit.Compiler), ("Flags", Join(unit.Flags)), ("Objects", Join(unit.Objects)), ("LinkedFile", unit.Output));

    public static LinkUnit ToLinkUnit(ITaskItem item) =>
        new(item.ItemSpec, item.GetMetadata("Compiler"), Split(item.GetMetadata("Objects")), Split(item.GetMetadata("Flags")), item.GetMetadata("LinkedFile"));

    private static TaskItem Item(string name, params ReadOnlySpan<(string Key, string Value)> metadata)
    {
        // The constructor that takes a name would unescape it.
        ITaskItem2 item = new TaskItem();
        item.EvaluatedIncludeEscaped = Escape(name);
        foreach ((string key, string value) in metadata) item.SetMetadataValueLiteral(key, value);
        return (TaskItem)item;
    }

    private static string Escape(string text) => text.Replace("%", "%25", StringComparison.Ordinal).Replace(";", "%3B", StringComparison.Ordinal);

    private static string Join(IEnumerable<string> words) => string.Join(Joint, words);

    private static string[] Split(string text) => text.Split(Joint, StringSplitOptions.RemoveEmptyEntries);
}
