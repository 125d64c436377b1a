using System.Collections.Concurrent;
using Scriban;
using Scriban.Runtime;

namespace Mana.Rendering;

/// <summary>The templates of one folder, parsed once each.</summary>
public sealed class TemplateFolder(string folder)
{
    private readonly ConcurrentDictionary<string, Template> _templates = new(StringComparer.Ordinal);

    /// <summary>Renders one template; the output is named after it unless said otherwise, and rewritten only where its text changes. Returns the file's path.</summary>
    public string Render(string name, string output, ScriptObject model, string? outputName = null)
    {
        TemplateContext context = new() { StrictVariables = true, LoopLimit = int.MaxValue, LimitToString = int.MaxValue };
        context.PushGlobal(model);
        string text;
        try
        {
            text = _templates.GetOrAdd(name, Parse).Render(context);
        }
        catch (Scriban.Syntax.ScriptRuntimeException mistake)
        {
            throw new TemplateException(mistake.Message);
        }

        string path = Path.Combine(output, outputName ?? name);
        if (!File.Exists(path) || File.ReadAllText(path) != text)
        {
            Directory.CreateDirectory(output);
            File.WriteAllText(path, text);
        }

        return path;
    }

    private Template Parse(string name)
    {
        string path = Path.Combine(folder, name + ".sbn");
        Template template = Template.Parse(File.ReadAllText(path), path);
        return template.HasErrors ? throw new TemplateException(string.Join('\n', template.Messages)) : template;
    }
}

/// <summary>A template is wrong; the message says template, line and column.</summary>
public sealed class TemplateException(string message) : Exception(message);
