using Mana.Api;
using Mana.Bundles.Backends;
using Mana.Bundles.Build;
using Mana.Bundles.Processes;
using Mana.Bundles.Profile;
using Mana.Common.Errors;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>Writes site_have.h: which functions and constants of the description this site's MPI has.</summary>
public sealed class ProbeSite : Microsoft.Build.Utilities.Task
{
    [Required]
    public string Profile { get; set; } = "";

    [Required]
    public string Backend { get; set; } = "";

    [Required]
    public string Header { get; set; } = "";

    /// <summary>The folder of the API description.</summary>
    [Required]
    public string Api { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            SiteProfile profile = ProfileReader.Read(Profile);
            Mana.Bundles.Backends.Backend backend = BackendCatalog.Read(Backend);
            HaveProbe probe = new(profile.Compiler.Command, ["-I" + backend.Folder, .. profile.Compiler.Cflags, .. backend.Build.Cflags], profile.Libraries.Mpi);
            ApiDescription api = ApiDescription.Load(Api);
            // An extension of one MPI that a later standard took over may exist under either name.
            string[] functions = [.. api.Functions.SelectMany(f => new[] { f.Symbol, f.SymbolIn(Abi.Mpich), f.SymbolIn(Abi.OpenMpi) }).OfType<string>().Distinct(StringComparer.Ordinal)];
            string[] constants = [.. api.Constants.Select(c => c.Name).Concat(api.Handles.Select(h => h.Name)).Distinct(StringComparer.Ordinal)];
            (int f, int c) = probe.WriteAsync(functions, constants, Header, default).GetAwaiter().GetResult();
            Log.LogMessage(MessageImportance.High, $"{backend.Title} {profile.Version}: {f} of {functions.Length} functions, {c} of {constants.Length} constants and objects");
            return true;
        }
        catch (UserErrorException e)
        {
            return Messages.Fail(Log, e.Error);
        }
        catch (ChildFailedException e)
        {
            return Messages.Fail(Log, e.ToUserError());
        }
    }
}
