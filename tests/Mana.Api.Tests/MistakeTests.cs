using Mana.Api.Tests.Support;
using Mana.Common.Errors;
using Xunit;

namespace Mana.Api.Tests;

/// <summary>Someone edits the description and makes a mistake: the message says what, where to the column, and what to do.</summary>
public sealed class MistakeTests
{
    private const string Send = """
        family = "point-to-point"

        [[function]]
        name = "Send"
        since = "1.0"
        large = true
        class = "p2p-blocking"
        presence = { mpich = "function", openmpi = "function" }
        params = [
          { name = "buf", kind = "buffer", const = true },
          { name = "count", kind = "plain", type = "int", large = "MPI_Count" },
          { name = "datatype", kind = "datatype", array = "count" },
          { name = "comm", kind = "comm" },
        ]
        """;

    private const string Constants = """
        [[group]]
        kind = "tag"
        constants = [
          { name = "MPI_ANY_TAG", canonical = -2, mpich = -1, openmpi = -1 },
        ]
        [[group]]
        kind = "comm"
        handles = [
          { name = "MPI_COMM_NULL", canonical = 0x100, mpich = 0x04000000 },
          { name = "MPI_COMM_SELF", canonical = 0x102, openmpi = "ompi_mpi_comm_self" },
        ]
        """;

    private const string Objects = """
        abi = "openmpi"
        [[library]]
        soname = "libmpi.so.40"
        objects = [
          { name = "ompi_mpi_comm_self", size = 512 },
        ]
        """;

    [Fact]
    public void The_unspoilt_description_is_accepted()
    {
        using TemporaryFolder folder = Write(Send, Constants, Objects);
        ApiDescription api = ApiDescription.Load(folder.Path);
        Assert.Equal(["Send", "Send_c"], api.Functions.Select(f => f.Name));
        Assert.Equal([0, 1], api.Functions.Select(f => f.Slot));
    }

    [Theory]
    [InlineData("since = \"1.0\"", "sinse = \"1.0\"", 5, 1, "unknown key 'sinse'")]
    [InlineData("since = \"1.0\"", "since = \"1.7\"", 5, 1, "unknown MPI version \"1.7\"")]
    [InlineData("since = \"1.0\"", "since = 1.0", 5, 1, "'since' needs a string")]
    [InlineData("since = \"1.0\"", "name = \"Send\"", 5, 1, "name")]
    [InlineData("since = \"1.0\"", "core = \"auto", 5, 13, "not valid TOML")]
    [InlineData("large = true", "large = \"yes\"", 6, 1, "'large' needs true or false")]
    [InlineData("p2p-blocking", "p2p-blokking", 7, 1, "unknown checkpoint class \"p2p-blokking\"")]
    [InlineData("mpich = \"function\"", "mpich = \"symbol\"", 8, 14, "unknown mpich \"symbol\"")]
    [InlineData("mpich = \"function\", ", "", 8, 12, "the key 'mpich' is missing")]
    [InlineData("kind = \"buffer\"", "kind = \"bufer\"", 10, 19, "unknown kind \"bufer\"")]
    [InlineData("kind = \"buffer\", const", "kind = \"buffer\", konst", 10, 36, "unknown key 'konst'")]
    [InlineData("const = true", "dir = \"outward\"", 10, 36, "unknown dir \"outward\"")]
    [InlineData("type = \"int\", large", "large", 11, 3, "Send.count has no type")]
    [InlineData("\"buffer\", const = true", "\"buffer\", type = \"int\"", 10, 36, "has a type, but its kind buffer implies one")]
    [InlineData("array = \"count\"", "array = \"counts\"", 12, 43, "the array rule \"counts\" of Send names no int parameter")]
    [InlineData("array = \"count\"", "array = \"buf\"", 12, 43, "the array rule \"buf\" of Send names no int parameter")]
    [InlineData("array = \"count\"", "unless_in_place = \"count\"", 12, 43, "Send has no buffer \"count\"")]
    [InlineData("name = \"comm\", kind", "name = \"buf\", kind", 13, 3, "stands twice")]
    [InlineData("kind = \"comm\" }", "kind = \"varargs\" }", 13, 3, "varargs of Send cannot be generated")]
    [InlineData("kind = \"comm\" }", "kind = \"rank\" }", 13, 20, "no group of constants has the kind \"rank\"")]
    [InlineData("kind = \"comm\" }", "kind = \"string-out\" }", 13, 3, "Send.comm has no bound")]
    [InlineData("kind = \"comm\" }", "kind = \"string-out\", bound = \"MANA_MAX_X\" }", 13, 41, "unknown bound \"MANA_MAX_X\"")]
    [InlineData("large = true\n", "", 10, 3, "Send has no large-count variant")]
    [InlineData("large = true", "proxy = \"inline\"", 6, 1, "the proxy of Send cannot be inline")]
    [InlineData("large = true", "proxy = \"none\"", 6, 1, "nobody would do it")]
    [InlineData("since = \"1.0\"", "as = \"Ssend\"", 5, 1, "Send cannot be another name of Ssend")]
    public void A_mistake_in_a_function_is_named_with_its_place(string right, string wrong, int line, int column, string expected) =>
        ExpectIn("functions.toml", Spoil(Send, right, wrong), Constants, Objects, line, column, expected);

    [Theory]
    [InlineData("kind = \"tag\"", "kind = \"tagg\"", 2, 1, "unknown group of constants \"tagg\"")]
    [InlineData("canonical = -2", "canonical = \"-2\"", 4, 27, "'canonical' needs a whole number")]
    [InlineData("canonical = -2, ", "", 4, 3, "the key 'canonical' is missing")]
    [InlineData("mpich = -1", "mpich = true", 4, 43, "'mpich' needs a string or a whole number")]
    [InlineData("canonical = 0x102", "canonical = 0x100", 10, 29, "MPI_COMM_SELF and MPI_COMM_NULL have the same canonical value")]
    [InlineData("canonical = 0x102", "canonical = 0x1000", 10, 29, "canonical = 4096 is out of range")]
    [InlineData("name = \"MPI_COMM_SELF\"", "name = \"MPI_COMM_NULL\"", 10, 5, "the constant \"MPI_COMM_NULL\" stands twice")]
    [InlineData("openmpi = \"ompi_mpi_comm_self\"", "openmpi = \"ompi_mpi_self\"", 10, 3, "no library exports the object ompi_mpi_self")]
    [InlineData("openmpi = \"ompi_mpi_comm_self\"", "alias_of = \"MPI_COMM_NULL\"", 10, 48, "cannot be an alias of MPI_COMM_NULL")]
    public void A_mistake_in_a_constant_is_named_with_its_place(string right, string wrong, int line, int column, string expected) =>
        ExpectIn("zconstants.toml", Send, Spoil(Constants, right, wrong), Objects, line, column, expected);

    [Theory]
    [InlineData("abi = \"openmpi\"", "abi = \"lam\"", 1, 1, "unknown abi \"lam\"")]
    [InlineData("size = 512", "size = 0", 5, 34, "size = 0 is out of range")]
    [InlineData("  { name", "  { name = \"ompi_mpi_comm_self\", size = 8 },\n  { name", 6, 3, "stands twice")]
    public void A_mistake_in_an_object_is_named_with_its_place(string right, string wrong, int line, int column, string expected) =>
        ExpectIn("zobjects.toml", Send, Constants, Spoil(Objects, right, wrong), line, column, expected);

    [Fact]
    public void The_same_function_in_two_files_is_refused_and_both_places_are_named()
    {
        using TemporaryFolder folder = Write(Send, Constants, Objects);
        folder.Write("more.toml", Send);
        UserError error = Assert.Throws<UserErrorException>(() => ApiDescription.Load(folder.Path)).Error;
        Assert.Contains("the function \"Send\" stands twice", error.What, StringComparison.Ordinal);
        Assert.Contains("functions.toml(3,1)", error.What, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(folder.Path, "more.toml") + "(3,1)", error.Where);
    }

    [Fact]
    public void A_folder_without_a_description_is_refused_by_name()
    {
        using TemporaryFolder folder = new();
        string nowhere = Path.Combine(folder.Path, "nowhere");
        UserError error = Assert.Throws<UserErrorException>(() => ApiDescription.Load(nowhere)).Error;
        Assert.Equal(nowhere, error.Where);
    }

    private static void ExpectIn(string file, string functions, string constants, string objects, int line, int column, string expected)
    {
        using TemporaryFolder folder = Write(functions, constants, objects);
        UserError error = Assert.Throws<UserErrorException>(() => ApiDescription.Load(folder.Path)).Error;
        Assert.Contains(expected, error.What, StringComparison.Ordinal);
        Assert.Equal($"{Path.Combine(folder.Path, file)}({line},{column})", error.Where);
        Assert.NotEmpty(error.ToDo);
    }

    private static string Spoil(string text, string right, string wrong)
    {
        Assert.Contains(right, text, StringComparison.Ordinal);
        return text.Replace(right, wrong, StringComparison.Ordinal);
    }

    private static TemporaryFolder Write(string functions, string constants, string objects)
    {
        TemporaryFolder folder = new();
        folder.Write("functions.toml", functions);
        folder.Write("zconstants.toml", constants);
        folder.Write("zobjects.toml", objects);
        return folder;
    }
}
