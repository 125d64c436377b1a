using Mana.Testing;
using Xunit;

namespace Mana.Stories.Checkpoints;

/// <summary>
/// A rank, mana, or the site's launcher is killed at each stage of the second checkpoint, or of a restart: its user is told which rank it was, and the first checkpoint goes
/// on to the native result. A rank that only stops, or fails, costs the checkpoint and nothing else.
/// </summary>
[Collection(InTheHouse.Name)]
[Trait(Stories.Part, Stories.Faults)]
public sealed class FaultStories(House house)
{
    /// <summary>A sample that takes two minutes: every third point, the sites taking turns.</summary>
    public static TheoryData<string, string> Some_points() => InTurn([.. FaultPoint.All.Where((_, i) => i % 3 == 0).Select(p => p.Name)]);

    public static TheoryData<string, string> Some_points_of_the_coordinator() => InTurn([.. FaultPoint.OfCoordinator.Where((_, i) => i % 2 == 1)]);

    public static TheoryData<string, string> Some_to_stop_at() => InTurn(["INTENT_RECEIVED", "HALF_WRITTEN"]);

    [Theory]
    [MemberData(nameof(Some_points))]
    public Task A_rank_is_killed(string point, string site) => new FaultWalk(house).KillRankAsync(FaultPoint.Named(point), Mpi.Named(site));

    [Theory]
    [MemberData(nameof(Some_points_of_the_coordinator))]
    public Task Mana_launch_is_killed_and_the_job_runs_on(string point, string site) => new FaultWalk(house).KillLaunchAsync(point, Mpi.Named(site));

    [Theory]
    [InlineData("AfterPark", "mpich")]
    [InlineData("AfterRename", "openmpi", "--stop")]
    public Task Mana_launch_stands_still_and_the_job_runs_on(string point, string site, params string[] how) => new FaultWalk(house).StopLaunchAsync(point, Mpi.Named(site), how);

    [Theory]
    [MemberData(nameof(Some_to_stop_at))]
    public Task A_rank_that_does_not_answer_costs_the_checkpoint_only(string point, string site) =>
        new FaultWalk(house).StandStillAsync(FaultPoint.Named(point), Mpi.Named(site));

    /// <summary>The others have left the saving of MPI objects by then; alone it would begin collectives that match the program's.</summary>
    [Theory]
    [InlineData("mpich")]
    [InlineData("openmpi")]
    public Task A_rank_that_comes_too_late_to_the_saving_does_not_go_on_alone(string site) =>
        new FaultWalk(house).StandStillAsync(FaultPoint.Named("SYNCED"), Mpi.Named(site), TimeSpan.FromSeconds(13));

    [Theory]
    [InlineData("PARKED", "mpich")]
    [InlineData("HALF_WRITTEN", "openmpi")]
    public Task The_launcher_is_killed_and_nothing_is_left_behind(string point, string site) =>
        new LauncherWalk(house).KillLauncherAsync(FaultPoint.Named(point), Mpi.Named(site));

    [Theory]
    [InlineData("RESTART_REBUILT", "openmpi")]
    public Task Mana_restart_is_killed_and_nothing_is_left_behind(string point, string site) =>
        new LauncherWalk(house).KillRestartAsync(FaultPoint.Named(point), Mpi.Named(site));

    private static TheoryData<string, string> InTurn(IReadOnlyList<string> points)
    {
        TheoryData<string, string> data = [];
        for (int i = 0; i < points.Count; i++) data.Add(points[i], Mpi.All[i % Mpi.All.Count].Name);
        return data;
    }
}
