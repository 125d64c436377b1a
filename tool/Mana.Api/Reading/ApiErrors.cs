using Mana.Common.Errors;

namespace Mana.Api.Reading;

/// <summary>Mistakes in the description of the MPI API: what, where, what to do.</summary>
internal static class ApiErrors
{
    public static UserErrorException NoFolder(string folder) =>
        Error(new SourcePlace(folder), "the description of the MPI API is not there", "Give the folder that holds its *.toml files.");

    public static UserErrorException Unknown(SourcePlace place, string what, string value, IEnumerable<string> known) =>
        Error(place, $"unknown {what} \"{value}\"", "Use one of: " + string.Join(", ", known.Order(StringComparer.Ordinal)) + ".");

    public static UserErrorException Duplicate(SourcePlace place, string what, string name, SourcePlace first) =>
        Error(place, $"the {what} \"{name}\" stands twice (first in {first})", "Keep one of the two.");

    public static UserErrorException DanglingArray(SourcePlace place, string function, string rule) =>
        Error(place, $"the array rule \"{rule}\" of {function} names no int parameter of it",
            "Name a parameter that holds the length, or use a rule of docs/ARCHITECTURE.md (comm-size, any, ...).");

    public static UserErrorException Missing(SourcePlace place, string name, string key, string why) =>
        Error(place, $"{name} has no {key}", $"Add {key}: {why}.");

    public static UserErrorException Contradiction(SourcePlace place, string what, string toDo) => Error(place, what, toDo);

    private static UserErrorException Error(SourcePlace place, string what, string toDo) =>
        new(new UserError(what, toDo, place.ToString()));
}
