using Mana.Bundles.Elf;
using Mana.Bundles.Probe;
using Mana.Bundles.Processes;
using Mana.Common.Errors;
using Mono.Unix.Native;

namespace Mana.Bundles.Launch;

/// <summary>A program that can run split.</summary>
/// <param name="Name">As the user wrote it; it becomes argv[0].</param>
/// <param name="File">What it was found to be.</param>
/// <param name="Abi">The MPI ABI it is linked with; null for none (a script, python3).</param>
public sealed record CheckedProgram(string Name, string File, string? Abi);

/// <summary>Refuses, before any rank starts, what could not run: one clear message instead of one a rank.</summary>
public sealed class ProgramCheck(Candidates candidates)
{
    private const int ScriptDepth = 4;

    public async Task<CheckedProgram> RequireAsync(string name, CancellationToken stop)
    {
        string file = Locate(name);
        return new CheckedProgram(name, file, await AbiOfAsync(file, ScriptDepth, stop));
    }

    private string Locate(string name)
    {
        if (!name.Contains('/', StringComparison.Ordinal))
            return candidates.OnPath(name) ?? throw new UserErrorException(ProgramErrors.NotOnPath(name));
        if (Directory.Exists(name)) throw new UserErrorException(ProgramErrors.Folder(name));
        if (!File.Exists(name)) throw new UserErrorException(ProgramErrors.NotFound(name));
        // A link exists, wherever it leads (access, man 2, follows it).
        if (new FileInfo(name).LinkTarget is { } target && Syscall.access(name, AccessModes.F_OK) != 0) throw new UserErrorException(ProgramErrors.NoTarget(name, target));
        return Candidates.IsExecutable(name) ? Path.GetFullPath(name) : throw new UserErrorException(ProgramErrors.NotExecutable(name));
    }

    private async Task<string?> AbiOfAsync(string file, int depth, CancellationToken stop)
    {
        ElfFile? elf;
        try
        {
            elf = ElfFile.TryRead(file);
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException(ProgramErrors.Damaged(file, e.Message), e);
        }
        catch (UnauthorizedAccessException)
        {
            // May be executed and not read: the ranks will tell more.
            return null;
        }
        if (elf is null) return await ScriptAsync(file, depth, stop);
        if (!elf.Is64Bit) throw new UserErrorException(ProgramErrors.Not64Bit(file));
        if (elf.Machine != ElfFile.MachineX64) throw new UserErrorException(ProgramErrors.OtherMachine(file, elf.Machine));
        if (elf.Interpreter is null) throw new UserErrorException(ProgramErrors.Static(file));
        return await MpiOfAsync(file, elf, stop);
    }

    /// <summary>"#!" names another program, which is checked in its place.</summary>
    private async Task<string?> ScriptAsync(string file, int depth, CancellationToken stop)
    {
        byte[] head = new byte[256];
        await using FileStream stream = File.OpenRead(file);
        int got = await stream.ReadAtLeastAsync(head, head.Length, throwOnEndOfStream: false, stop);
        string line = System.Text.Encoding.UTF8.GetString(head, 0, got).Split('\n')[0];
        if (!line.StartsWith("#!", StringComparison.Ordinal)) throw new UserErrorException(ProgramErrors.UnknownFormat(file));
        string interpreter = line[2..].Trim().Split([' ', '\t'], 2)[0];
        if (!Candidates.IsExecutable(interpreter)) throw new UserErrorException(ProgramErrors.NoInterpreter(file, interpreter));
        if (depth == 0) throw new UserErrorException(ProgramErrors.ScriptLoop(file));
        return await AbiOfAsync(interpreter, depth - 1, stop);
    }

    private static async Task<string?> MpiOfAsync(string file, ElfFile elf, CancellationToken stop)
    {
        // The loader itself lists what would be loaded, libraries of libraries too.
        ChildCommand list = new(elf.Interpreter!, ["--list", file]) { Limit = TimeSpan.FromSeconds(10) };
        ChildResult result = await Gateway.TryRunAsync(list, stop);
        IEnumerable<string> loaded = result.Output.Split('\n').Select(l => l.Trim().Split(' ')[0]);
        ILookup<string?, string> found = elf.Needed.Concat(loaded).Select(Path.GetFileName).OfType<string>().Distinct(StringComparer.Ordinal)
            .ToLookup(Abi.Of, StringComparer.Ordinal);
        string[] unknown = [.. found[Abi.Unknown]], mpich = [.. found[Abi.Mpich]], openmpi = [.. found[Abi.OpenMpi]];
        if (mpich.Length > 0 && openmpi.Length > 0) throw new UserErrorException(ProgramErrors.TwoMpis(file, mpich[0], openmpi[0]));
        if (unknown.Length > 0) throw new UserErrorException(ProgramErrors.UnknownAbi(file, unknown[0]));
        return mpich.Length > 0 ? Abi.Mpich : openmpi.Length > 0 ? Abi.OpenMpi : null;
    }
}

public static class ProgramErrors
{
    private static UserError Cannot(string what, string todo, string file) => new(what, todo, file, ExitCodes.CannotExecute);

    public static UserError NotFound(string file) => new("the program does not exist", "Check its path.", file, ExitCodes.NotFound);

    public static UserError NoTarget(string link, string target) => new(
        "the program is a link to a file that does not exist: " + target, "Make the link lead to the program.", link, ExitCodes.NotFound);

    public static UserError NotOnPath(string name) => new(
        $"the program '{name}' is not on PATH", "Check its name, or give its path (./" + name + ").", ExitCode: ExitCodes.NotFound);

    public static UserError Folder(string file) => Cannot("this is a folder, not a program", "Name the program in it.", file);

    public static UserError NotExecutable(string file) => Cannot("the program is not executable", "Make it so: chmod +x " + Shell.Quote(file), file);

    public static UserError Damaged(string file, string why) => Cannot("the program's file is damaged: " + why, "Build or install it again.", file);

    public static UserError Not64Bit(string file) => Cannot("this is a 32-bit program; mana runs 64-bit x86 programs", "Build it for x86-64.", file);

    public static UserError OtherMachine(string file, int machine) => Cannot(
        $"this program is for another kind of processor (ELF machine {machine}); mana runs x86-64 programs", "Build it for x86-64.", file);

    public static UserError Static(string file) => Cannot(
        "this program is linked statically: its MPI is part of it and cannot be split off", "Link it with shared libraries (without -static).", file);

    public static UserError TwoMpis(string file, string first, string second) => Cannot(
        $"this program is linked with two MPIs at once: {first} and {second}",
        "Find the library that brings the second one (ldd), and build everything with one MPI.", file);

    public static UserError UnknownAbi(string file, string soname) => Cannot(
        $"this program is linked with {soname}, an MPI ABI that mana does not know",
        "Build it with MPICH 3.1 or newer (libmpi.so.12) or Open MPI 4 or 5 (libmpi.so.40).", file);

    public static UserError UnknownFormat(string file) => Cannot(
        "this file is neither a program nor a script that begins with #!", "Name the interpreter: mana launch ... -- INTERPRETER " + Shell.Quote(file), file);

    public static UserError NoInterpreter(string file, string interpreter) => Cannot(
        $"the script asks for an interpreter that is not there: {interpreter}", "Correct its first line.", file);

    public static UserError ScriptLoop(string file) => Cannot("the interpreters of this script lead in a circle", "Correct its first line.", file);
}
