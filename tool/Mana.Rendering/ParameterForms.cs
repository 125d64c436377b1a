using Mana.Api;

namespace Mana.Rendering;

/// <summary>What the conversion rules ask of a parameter beyond the description itself.</summary>
internal static class ParameterForms
{
    extension(ApiParameter p)
    {
        public bool IsOut => p.Direction != Direction.In;

        /// <summary>An int (or offset) whose special values differ between ABIs.</summary>
        public bool IsValue => Kinds.Enumerations.Contains(p.Kind) || Kinds.Masks.Contains(p.Kind);

        /// <summary>The kind as part of a C identifier.</summary>
        public string Id => p.Kind.Replace('-', '_');

        /// <summary>MANA_KIND_COMM and so on.</summary>
        public string KindMacro => "MANA_KIND_" + p.Kind.ToUpperInvariant();

        /// <summary>MANA_COMM_NULL and so on.</summary>
        public string NullMacro => $"MANA_{p.Kind.ToUpperInvariant()}_NULL";

        /// <summary>The canonical C type of one element.</summary>
        public string CanonType => CTypes.Element(p, CForm.Canonical);

        /// <summary>The C type of one element as mpi.h writes it.</summary>
        public string MpiType => CTypes.Element(p, CForm.Mpi);

        /// <summary>The parameter as C declares it.</summary>
        public string Declared(CForm form)
        {
            string type = p.DeclaredType(form);
            return type switch
            {
                "..." => type,
                _ when type.EndsWith("(*)[3]", StringComparison.Ordinal) => type.Replace("(*)", $"(*{p.Name})", StringComparison.Ordinal),
                _ => type + (type.EndsWith('*') ? "" : " ") + p.Name,
            };
        }
    }
}
