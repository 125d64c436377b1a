using Mana.Bundles.Build;
using Mana.Bundles.Plan;
using Microsoft.Build.Framework;

namespace Mana.Build.Tasks;

/// <summary>Compiles the units of a plan in parallel; see <see cref="CCompiler"/>.</summary>
public sealed class CompileC : Microsoft.Build.Utilities.Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>From <see cref="PlanParts"/>: the source, with its compiler, flags and object as metadata.</summary>
    [Required]
    public ITaskItem[] Units { get; set; } = [];

    public override bool Execute()
    {
        int done = 0;
        IEnumerable<CompileUnit> units = Units.Select(PlanItems.ToCompileUnit);
        try
        {
            return new CCompiler(Environment.ProcessorCount).CompileAsync(units, outcome =>
            {
                done++;
                if (!outcome.Skipped) Log.LogMessage(MessageImportance.Normal, $"[{done}/{Units.Length}] {Path.GetFileName(outcome.Unit.Source)}");
                Messages.Show(Log, outcome.Result, $"{outcome.Unit.Compiler} cannot compile {outcome.Unit.Source}");
            }, _stop.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    public void Cancel() => _stop.Cancel();

    public void Dispose() => _stop.Dispose();
}
