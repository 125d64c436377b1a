using System.IO.Enumeration;
using Mana.Bundles.Profile;
using Mana.Common.Errors;

namespace Mana.Bundles.Plan;

/// <summary>One source to compile.</summary>
public sealed record CompileUnit(string Compiler, IReadOnlyList<string> Flags, string Source, string ObjectFile);

/// <summary>One program or library to link.</summary>
public sealed record LinkUnit(string Name, string Compiler, IReadOnlyList<string> Objects, IReadOnlyList<string> Flags, string Output);

/// <summary>Everything that will be compiled and linked, in order.</summary>
public sealed record BuildPlan(IReadOnlyList<CompileUnit> Compile, IReadOnlyList<LinkUnit> Link);

/// <summary>Where a build reads and writes.</summary>
/// <param name="Native">The folder native/ of the product or of the tool.</param>
/// <param name="Generated">Rendered sources; @gen in parts.toml.</param>
/// <param name="Objects">Object files, kept between builds.</param>
/// <param name="Output">Root of the outputs.</param>
public sealed record BuildFolders(string Native, string Generated, string Objects, string Output);

/// <summary>Parts and profile -> plan.</summary>
public sealed class Planner(NativeParts parts, BuildFolders folders)
{
    private const string GeneratedMark = "@gen/";

    /// <summary>Upper half: needs no MPI.</summary>
    public BuildPlan ForProduct(string compiler) => Make(PartStage.Product, site: null, compiler, []);

    /// <summary>Lower half, against the MPI of a profile.</summary>
    /// <param name="site">The profile.</param>
    /// <param name="backendFolder">Its backend's folder, for backend.h.</param>
    /// <param name="extraCflags">The backend's own flags.</param>
    /// <param name="extraLdflags">Likewise, run paths among them.</param>
    public BuildPlan ForSite(SiteProfile site, string backendFolder, IEnumerable<string> extraCflags, IEnumerable<string> extraLdflags)
    {
        CompilerChoice compiler = site.Compiler with
        {
            Cflags = ["-I" + backendFolder, .. site.Compiler.Cflags, .. extraCflags],
            Ldflags = [.. extraLdflags, .. site.Compiler.Ldflags],
        };
        return Make(PartStage.Bundle, compiler, site.Compiler.Host, ["-I" + backendFolder]);
    }

    private BuildPlan Make(PartStage stage, CompilerChoice? site, string host, string[] extra)
    {
        List<CompileUnit> compile = [];
        List<LinkUnit> link = [];
        string[] common = [.. parts.Cflags, .. stage is PartStage.Product ? parts.ProductCflags : []];
        foreach (NativePart part in InOrder(parts.Of(stage)))
        {
            CompilerChoice? wrapper = part.Site ? site : null;
            string compiler = wrapper?.Command ?? host;
            string[] cflags = [.. common, .. part.Cflags, .. Includes(part), .. wrapper?.Cflags ?? extra];
            HashSet<string> special = [.. part.Special.SelectMany(s => Sources(part, s.Sources))];
            List<string> objects = [.. Sources(part, part.Sources).Where(s => !special.Contains(s)).Select(s => Add(compile, compiler, cflags, s, part))];
            foreach (SpecialSources some in part.Special)
                objects.AddRange(Sources(part, some.Sources).Select(s => Add(compile, compiler, [.. cflags, .. some.Cflags], s, part)));
            string[] ldflags = [.. part.Ldflags.Select(Place), .. wrapper?.Ldflags ?? []];
            link.Add(new LinkUnit(part.Name, compiler, objects, ldflags, Path.Combine(folders.Output, part.Output)));
        }
        return new BuildPlan(compile, link);
    }

    private string Add(List<CompileUnit> all, string compiler, string[] flags, string source, NativePart part)
    {
        bool generated = source.StartsWith(folders.Generated, StringComparison.Ordinal);
        string name = (generated ? "gen/" + Path.GetRelativePath(folders.Generated, source) : Path.GetRelativePath(folders.Native, source))
            .Replace('/', '_');
        string target = Path.Combine(folders.Objects, part.Name, name + ".o");
        all.Add(new CompileUnit(compiler, flags, source, target));
        return target;
    }

    private IEnumerable<string> Includes(NativePart part) => parts.Includes.Concat(part.Includes).Select(i => "-I" + Resolve(i));

    /// <summary>@gen/, @native/ and @out/ inside a flag stand for the folders of this build.</summary>
    private string Place(string flag) => flag
        .Replace("@gen", folders.Generated, StringComparison.Ordinal)
        .Replace("@native", folders.Native, StringComparison.Ordinal)
        .Replace("@out", folders.Output, StringComparison.Ordinal);

    private string Resolve(string path) => path is "@gen" || path.StartsWith(GeneratedMark, StringComparison.Ordinal)
        ? Path.Combine(folders.Generated, path is "@gen" ? "" : path[GeneratedMark.Length..]).TrimEnd('/')
        : Path.Combine(folders.Native, path);

    private IEnumerable<string> Sources(NativePart part, IEnumerable<string> patterns)
    {
        foreach (string pattern in patterns)
        {
            string full = Resolve(pattern), folder = Path.GetDirectoryName(full)!, name = Path.GetFileName(full);
            string[] found = Directory.Exists(folder)
                ? [.. Directory.EnumerateFiles(folder).Where(f => FileSystemName.MatchesSimpleExpression(name, Path.GetFileName(f), ignoreCase: false))
                    .Order(StringComparer.Ordinal)]
                : [];
            if (found.Length == 0) throw new UserErrorException(PlanErrors.NoSource(part.Name, full));
            foreach (string file in found) yield return file;
        }
    }

    private static List<NativePart> InOrder(IEnumerable<NativePart> all)
    {
        List<NativePart> waiting = [.. all], done = [];
        while (waiting.Count > 0)
        {
            NativePart next = waiting.Find(p => p.After.All(a => done.Exists(d => string.Equals(d.Name, a, StringComparison.Ordinal))))
                ?? throw new UserErrorException(PlanErrors.Circle(waiting.Select(p => p.Name)));
            done.Add(next);
            waiting.Remove(next);
        }
        return done;
    }
}

public static class PlanErrors
{
    public static UserError NoSource(string part, string pattern) => new(
        $"no source of '{part}' matches a pattern of {NativeParts.FileName}",
        "The installation of mana is incomplete: install it again.",
        pattern);

    public static UserError Circle(IEnumerable<string> parts) => new(
        "these native parts wait for each other, or for one that does not exist: " + string.Join(", ", parts),
        $"Correct `after` in {NativeParts.FileName}.");
}
