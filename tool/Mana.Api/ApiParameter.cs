namespace Mana.Api;

/// <summary>One parameter of one variant of a function.</summary>
public sealed record ApiParameter
{
    public required string Name { get; init; }

    /// <summary>What decides its conversion; one of <see cref="Kinds.All"/>.</summary>
    public required string Kind { get; init; }

    public Direction Direction { get; init; }

    /// <summary>A pointer to const in C.</summary>
    public bool IsConst { get; init; }

    /// <summary>Length rule of an array: a parameter's name, n*3, comm-size and the like; null for what is no array.</summary>
    public string? Array { get; init; }

    /// <summary>C type of one element in this variant, for kinds that do not imply it (plain, opaque, function).</summary>
    public string? Type { get; init; }

    /// <summary>The same in the base variant; differs from <see cref="Type"/> where a large count widens it.</summary>
    public string? BaseType { get; init; }

    public Lifetime Lifetime { get; init; }

    /// <summary>Of an output string: a MANA_MAX_ constant, or the parameter that holds the caller's own bound.</summary>
    public string? Bound { get; init; }

    /// <summary>Significant at the root only: elsewhere it may hold anything.</summary>
    public bool RootOnly { get; init; }

    /// <summary>The buffer with which this datatype is ignored when that buffer is MPI_IN_PLACE.</summary>
    public string? UnlessInPlace { get; init; }

    /// <summary>C type behind the Fortran binding where it is not the one of the C binding.</summary>
    public string? FortranType { get; init; }

    public bool IsHandle => Kinds.Handles.ContainsKey(Kind);

    public bool IsArray => Array is not null;

    /// <summary>The C type of the parameter, pointers and const included; a varargs parameter is "...".</summary>
    public string DeclaredType(CForm form) => CTypes.Declared(this, form);
}
