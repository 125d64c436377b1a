using Mana.Api;

namespace Mana.Rendering;

/// <summary>Description -> views: applies the conversion rules to every function once.</summary>
public static class ViewBuilder
{
    /// <param name="f">The function, in one of its variants.</param>
    /// <param name="small">Its base variant, itself where it is that.</param>
    public static FunctionView Build(ApiFunction f, ApiFunction small)
    {
        IReadOnlyList<ApiParameter> all = f.Parameters;
        bool handStub = f.Stub == Form.Hand;
        bool autoCore = f.Core == Form.Auto && f.As is null && f.Slot >= 0;
        (string failKind, string failHandle) = CoreRules.FailsOn(f);
        Merged stub = handStub ? Merged.Empty : Merged.Of(all.Select(p => StubRules.Convert(p, f)));
        Merged proxy = f.Proxy == Form.Auto && f.Slot >= 0 ? Merged.Of(all.Select(p => ProxyRules.Convert(p, all))) : Merged.Empty;
        bool narrows = f is { IsLarge: true, Proxy: Form.Auto, Slot: >= 0 } && ProxyRules.CanNarrow(all);
        Merged narrow = narrows ? Merged.Of(all.Select(p => ProxyRules.Narrow(p, all, small))) : Merged.Empty;
        return new FunctionView
        {
            Name = f.Name,
            MpiName = f.Symbol,
            BaseMpiName = ApiFunction.Prefixed(f.BaseName),
            CoreName = f.As ?? f.Name,
            Core = CoreForm(f),
            Proxy = f.Proxy.ToString().ToLowerInvariant(),
            HandStub = handStub,
            Slot = f.Slot,
            IsError = f.IsError,
            IsOptional = IsAfterMpi31(f),
            CanonReturn = CTypes.Canonical(f.Returns),
            CanonParams = Declarations(all, CForm.Canonical),
            CanonArgs = string.Join(", ", all.Select(p => p.Name)),
            AppReturn = f.Returns,
            AppParams = Declarations(all, CForm.Mpi),
            StubBefore = handStub ? [] : [.. StubRules.Refusals(f), .. stub.Before],
            StubArgs = stub.Arguments,
            StubAfter = stub.After,
            StubAlways = stub.Always,
            CoreBefore = autoCore ? [.. CoreRules.Before(f, failKind, failHandle, f.Name)] : [],
            CoreBelow = CoreRules.Below(f),
            CoreAgain = autoCore ? CoreRules.Again(f) : null,
            CoreAfter = autoCore ? [.. CoreRules.After(f)] : [],
            FailKind = failKind,
            FailHandle = failHandle,
            ProxyBefore = [.. proxy.Before, .. RecordRules.Around(f).Before],
            ProxyArgs = proxy.Arguments,
            ProxyAfter = [.. proxy.After, .. RecordRules.After(f)],
            ProxyAlways = [.. RecordRules.Around(f).Always, .. proxy.Always],
            NarrowPossible = narrows,
            NarrowBefore = narrow.Before,
            NarrowArgs = narrow.Arguments,
            NarrowAfter = [.. narrow.After, .. RecordRules.After(f)],
            NarrowAlways = narrow.Always,
        };
    }

    private static string Declarations(IReadOnlyList<ApiParameter> all, CForm form) =>
        all.Count == 0 ? "void" : string.Join(", ", all.Select(p => p.Declared(form)));

    // Only the base variant is worth a place in a header.
    private static string CoreForm(ApiFunction f) =>
        f.As is not null ? "none" : f is { Core: Form.Inline, IsLarge: true } ? "hand" : f.Core.ToString().ToLowerInvariant();

    private static bool IsAfterMpi31(ApiFunction f) =>
        f.Since is null || f.IsLarge || string.CompareOrdinal(f.Since, "3.1") > 0;

    /// <summary>The snippets of all parameters, in their order.</summary>
    private sealed record Merged(
        IReadOnlyList<string> Before, string Arguments, IReadOnlyList<string> After, IReadOnlyList<string> Always)
    {
        public static readonly Merged Empty = new([], "", [], []);

        public static Merged Of(IEnumerable<Snippet> snippets)
        {
            List<Snippet> all = [.. snippets];
            return new(
                [.. all.SelectMany(s => s.Before)],
                string.Join(", ", all.Select(s => s.Argument).Where(a => a.Length > 0)),
                [.. all.SelectMany(s => s.After)],
                [.. all.SelectMany(s => s.Always)]);
        }
    }
}
