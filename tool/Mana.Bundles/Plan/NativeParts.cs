using Mana.Common.Errors;
using Mana.Common.Toml;

namespace Mana.Bundles.Plan;

public enum PartStage
{
    /// <summary>Upper half: compiled once, when the product is built, and packed with the tool.</summary>
    Product,
    /// <summary>Lower half: compiled at the site, for one bundle.</summary>
    Bundle,
}

/// <summary>One program or library made of native sources: an entry of native/parts.toml.</summary>
public sealed record NativePart
{
    public required string Name { get; init; }

    public required PartStage Stage { get; init; }

    /// <summary>Compiled and linked as the site's MPI wrapper does, rather than by the plain compiler.</summary>
    public bool Site { get; init; }

    /// <summary>Globs relative to native/; a leading @gen/ means the folder of rendered sources.</summary>
    public required IReadOnlyList<string> Sources { get; init; }

    /// <summary>Sources that need flags of their own.</summary>
    public IReadOnlyList<SpecialSources> Special { get; init; } = [];

    public IReadOnlyList<string> Includes { get; init; } = [];

    public IReadOnlyList<string> Cflags { get; init; } = [];

    public IReadOnlyList<string> Ldflags { get; init; } = [];

    /// <summary>Path below the bundle (or, at product build, below the folder of prebuilt files).</summary>
    public required string Output { get; init; }

    /// <summary>Further names of the output, as symbolic links in a bundle: sonames that applications ask for.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>Names of parts that are linked before this one.</summary>
    public IReadOnlyList<string> After { get; init; } = [];
}

/// <summary>Sources of a part, with flags beyond the part's.</summary>
public sealed record SpecialSources(IReadOnlyList<string> Sources, IReadOnlyList<string> Cflags);

/// <summary>native/parts.toml: what is compiled into what, with which flags.</summary>
/// <param name="Cflags">Of all parts.</param>
/// <param name="ProductCflags">Of those that are compiled at product build, besides.</param>
public sealed record NativeParts(IReadOnlyList<string> Cflags, IReadOnlyList<string> ProductCflags, IReadOnlyList<string> Includes, IReadOnlyList<NativePart> Parts)
{
    public const string FileName = "parts.toml";

    public static NativeParts Read(string nativeFolder)
    {
        TomlSection root = TomlSection.Read(Path.Combine(nativeFolder, FileName));
        NativeParts parts = new(root.Texts("cflags"), root.Texts("product_cflags"), root.Texts("includes"), [.. root.Sections("part").Select(Part)]);
        root.Close();
        return parts;
    }

    public IEnumerable<NativePart> Of(PartStage stage) => Parts.Where(p => p.Stage == stage);

    private static SpecialSources Special(TomlSection s)
    {
        SpecialSources special = new(s.Texts("sources"), s.Texts("cflags"));
        s.Close();
        return special;
    }

    private static NativePart Part(TomlSection s)
    {
        string stage = s.Text("stage");
        if (stage is not ("product" or "bundle"))
            throw new UserErrorException(TomlErrors.BadValue(s.PlaceOf("stage"), "stage", stage, ["product", "bundle"]));
        NativePart part = new()
        {
            Name = s.Text("name"),
            Stage = stage is "product" ? PartStage.Product : PartStage.Bundle,
            Site = s.Flag("site", absent: false),
            Sources = s.Texts("sources"),
            Special = [.. s.Sections("special").Select(Special)],
            Includes = s.Texts("includes"),
            Cflags = s.Texts("cflags"),
            Ldflags = s.Texts("ldflags"),
            Output = s.Text("output"),
            Aliases = s.Texts("aliases"),
            After = s.Texts("after"),
        };
        s.Close();
        return part;
    }
}
