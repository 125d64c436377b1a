using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Mana.Cli.Terminal;

/// <summary>A table for people, or the same rows as JSON for programs.</summary>
/// <param name="columns">Key in the JSON, and title of the column.</param>
internal sealed class Listing(params (string Key, string Title)[] columns)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private readonly List<JsonNode?[]> _rows = [];

    public int Count => _rows.Count;

    public void Add(params JsonNode?[] cells) => _rows.Add(cells);

    public void Write(bool json, string whenEmpty)
    {
        if (json) WriteJson(new JsonArray([.. _rows.Select(Row)]));
        else if (_rows.Count == 0) Output.Message(whenEmpty);
        else if (Console.IsOutputRedirected) WritePlain();
        else WriteTable();
    }

    public static void WriteJson(JsonNode node) => Output.Data(node.ToJsonString(Indented));

    private JsonObject Row(JsonNode?[] cells)
    {
        JsonObject row = [];
        for (int i = 0; i < columns.Length; i++) row[columns[i].Key] = cells[i]?.DeepClone();
        return row;
    }

    /// <summary>Aligned columns without frames, for pipes and for terminals that are too narrow; nothing is cut or wrapped.</summary>
    private void WritePlain()
    {
        string[][] all = [[.. columns.Select(c => c.Title)], .. _rows.Select(r => r.Select(Text).ToArray())];
        int[] widths = Widths();
        foreach (string[] row in all) Output.Data(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
    }

    private int[] Widths() =>
        [.. Enumerable.Range(0, columns.Length).Select(i => _rows.Select(row => Text(row[i]).Length).Append(columns[i].Title.Length).Max())];

    private void WriteTable()
    {
        const int frame = 3; // of each column, and one more at the end
        if (Widths().Sum(w => w + frame) + 1 > AnsiConsole.Console.Profile.Width)
        {
            WritePlain();
            return;
        }
        Table table = new Table().Border(TableBorder.Rounded);
        foreach ((_, string title) in columns) table.AddColumn(new TableColumn(Markup.Escape(title)).NoWrap());
        foreach (JsonNode?[] row in _rows) table.AddRow(row.Select(c => Markup.Escape(Text(c))).ToArray());
        AnsiConsole.Console.Write(table);
    }

    private static string Text(JsonNode? cell) => cell?.ToString() ?? "";
}
