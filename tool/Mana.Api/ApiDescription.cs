using System.Security.Cryptography;
using System.Text;
using Mana.Api.Reading;

namespace Mana.Api;

/// <summary>The one description of the MPI API, read from native/api.</summary>
public sealed record ApiDescription
{
    /// <summary>All variants, by family file and the order in it; a large-count variant follows its base.</summary>
    public required IReadOnlyList<ApiFunction> Functions { get; init; }

    public required IReadOnlyList<ConstantGroup> Groups { get; init; }

    public required IReadOnlyList<PredefinedHandle> Handles { get; init; }

    public required IReadOnlyList<StubLibrary> Libraries { get; init; }

    public IEnumerable<Constant> Constants => Groups.SelectMany(g => g.Constants);

    /// <summary>Functions that cross, in the order of their slots.</summary>
    public IEnumerable<ApiFunction> Crossing => Functions.Where(f => f.Slot >= 0);

    /// <summary>Changes whenever a slot's number or canonical prototype does: a stub and a proxy must agree on it.</summary>
    public string Fingerprint()
    {
        StringBuilder text = new();
        foreach (ApiFunction f in Crossing) text.Append(f.Slot).Append(' ').AppendLine(f.Prototype(CForm.Canonical, f.Name));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())))[..16];
    }

    /// <summary>
    /// Reads and validates every *.toml of a folder. Throws UserErrorException with file, line and column of the first mistake.
    /// </summary>
    public static ApiDescription Load(string folder) => DescriptionReader.Read(folder);
}
