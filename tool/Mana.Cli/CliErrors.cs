using Mana.Common.Errors;
using Mana.Coordinator.Checkpoint;

namespace Mana.Cli;

internal static class CliErrors
{
    public static UserError File(string reason) =>
        new("a file could not be read or written: " + reason, "Check the path, its permissions, and that the disk is not full.");

    public static UserError Unexpected(Exception e) => new(
        $"something went wrong that mana did not foresee: {e.Message} ({e.GetType().Name})",
        "Run it again with MANA_DEBUG=1 in the environment, and report what it prints.");

    public static UserError Both(string first, string second) =>
        new($"{first} and {second} cannot be given together", "Give only one of them.", ExitCode: ExitCodes.Usage);

    public static UserError OtherBackend(string asked, string written, string profile) => new(
        $"--backend {asked}: the profile is of the backend '{written}'", "Leave --backend out, or give the profile of that MPI.", profile, ExitCodes.Usage);

    public static UserError Needed(string option, string otherwise) =>
        new($"{option} is missing", $"Say {option} ..., {otherwise}.", ExitCode: ExitCodes.Usage);

    public static UserError BeforeDashes(string word) => new(
        $"'{word}' stands before --, and is no option of mana launch", "Put -- before the program: mana launch [OPTIONS] -- PROGRAM [ARGS...]", ExitCode: ExitCodes.Usage);

    public static UserError Ranks(int n) =>
        new($"-n {n}: a job has at least one rank", "Give a number from 1 upward.", ExitCode: ExitCodes.Usage);

    public static UserError OtherRanks(int n, int recorded, string checkpoint) => new(
        $"-n {n}: this checkpoint is of {recorded} ranks, and goes on with as many", $"Say -n {recorded}, or leave it out.", checkpoint, ExitCodes.Usage);

    public static UserError OtherSyscalls(string asked, string recorded, string checkpoint) => new(
        $"--syscalls {asked}: the system calls of this checkpoint are steered by {recorded}, in its memory", $"Say --syscalls {recorded}, or leave it out.", checkpoint, ExitCodes.Usage);

    public static UserError NoVariable(string assignment) =>
        new($"--env {assignment}: this is not NAME=VALUE", "Give the variable's name, = and its value.", ExitCode: ExitCodes.Usage);

    public static UserError NoFault(string value) => new(
        $"{CoordinatorFaults.Variable}={value} names no fault point", $"Unset it: it is for tests ({string.Join(", ", Enum.GetNames<CoordinatorFault>())}).", ExitCode: ExitCodes.Usage);

    public static UserError Keep(int n) =>
        new($"--keep {n}: at least one checkpoint is kept", "Give a number from 1 upward.", ExitCode: ExitCodes.Usage);

    public static UserError NoCheckpoint(IEnumerable<string> searched, string elsewhere) => new(
        "there is no checkpoint", $"Name a checkpoint's folder, a job, or the folder of the checkpoints: {elsewhere}", "looked in " + string.Join(", ", searched));

    public static UserError Foreign(string checkpoint) => new(
        "this checkpoint is another user's: what is in it would run in your name",
        "Name one of your own. If you trust it, copy it and restart the copy; or give its path and say --force, where the file system shows another owner for your own files.", checkpoint);

    public static UserError OneCheckpoint(string path) => new(
        "this is a single checkpoint", "Name its job's folder, of which the newest stay; or remove the checkpoint's own folder.", path, ExitCodes.Usage);

    public static UserError NotRemoved(IReadOnlyList<string> failures) => new(
        $"{failures.Count} folder{(failures.Count == 1 ? "" : "s")} could not be removed", "Check the permissions, and that the file system can be written.", string.Join('\n', failures));

    public static string NotWritable(string folder) => $"no checkpoint of this job can be stored: its folder cannot be made, or not be written\n  where: {folder}\n  to do: name another folder: --checkpoint-dir DIR";

    public static UserError NoFolder(string path) => new("this folder does not exist", "Check its path.", path);

    public static UserError WorkingDirectoryGone(string folder, string checkpoint) => new(
        "the folder in which the program ran is not there", "Make it again, or mount it: the program's relative paths lead into it. If it is elsewhere now: --map OLD=NEW", folder + "\n" + checkpoint);

    public static UserError NotProven(string bundle, string folder) => new(
        $"the bundle '{bundle}' did not pass", "See above what failed; when that is mended, make it again (mana bundle create, with --force) and try it: mana bundle verify " + bundle, folder);

    public static UserError NotFit(int count) => new(
        $"{count} thing{(count == 1 ? " that mana needs is" : "s that mana needs are")} not as {(count == 1 ? "it" : "they")} should be here", "See the last column, where the state is bad.");

    public static UserError ImagesDamaged(int count) => new(
        $"{count} image{(count == 1 ? " is" : "s are")} damaged or missing", "Restart from another checkpoint: mana images list");
}
