using System.Xml.Linq;

namespace Mana.Bundles.Render;

/// <summary>What one bundle's MSBuild project says.</summary>
/// <param name="Profile">The site profile.</param>
/// <param name="BackendFolder">Folder of the backend's data.</param>
/// <param name="Work">Rendered sources, objects and linked files, kept between builds.</param>
/// <param name="Bundle">The directory to fill.</param>
public sealed record BundleProject(string Profile, string BackendFolder, string Work, string Bundle)
{
    /// <summary>The tool's own folder is a property given on the command line: its path changes with each version of the tool.</summary>
    public const string ToolProperty = "ManaTool";

    public string ToXml() => new XDocument(
        new XElement("Project", new XAttribute("DefaultTargets", "ManaBundle"),
            new XElement("PropertyGroup",
                new XElement("ManaProfile", Profile),
                new XElement("ManaBackend", BackendFolder),
                new XElement("ManaWork", Work),
                new XElement("ManaOutput", Bundle)),
            new XElement("Import", new XAttribute("Project", $"$({ToolProperty})/build/Mana.Bundle.targets")))).ToString();
}
