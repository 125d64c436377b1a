using Mana.Bundles.Build;
using Mana.Bundles.Plan;
using Mana.Bundles.Processes;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>Links the units of a plan one after another, since some need the output of others.</summary>
public sealed class LinkC : Microsoft.Build.Utilities.Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>From <see cref="PlanParts"/>.</summary>
    [Required]
    public ITaskItem[] Units { get; set; } = [];

    /// <summary>Where the last command of each unit is kept.</summary>
    [Required]
    public string Records { get; set; } = "";

    public override bool Execute()
    {
        try
        {
            return Units.Select(PlanItems.ToLinkUnit).All(Link);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Cancel() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();

    private bool Link(LinkUnit unit)
    {
        ChildResult? result = CLinker.LinkAsync(unit, Records, _stop.Token).GetAwaiter().GetResult();
        if (result is null) return true;
        Messages.Show(Log, result, $"{unit.Compiler} cannot link {Path.GetFileName(unit.Output)}");
        return result.Succeeded;
    }
}
