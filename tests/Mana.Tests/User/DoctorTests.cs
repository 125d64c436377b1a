using System.Text.Json;
using Mana.Testing;
using Xunit;

namespace Mana.Tests.User;

/// <summary>What mana doctor says of a machine.</summary>
[Collection(WithInstallation.Name)]
public sealed class DoctorTests(Installation mana)
{
    [Fact]
    public async Task The_doctor_tells_what_is_here()
    {
        Outcome doctor = await mana.ManaAsync("doctor", "--json");
        Installation.Require(doctor);
        JsonElement[] findings = [.. JsonDocument.Parse(doctor.Output).RootElement.EnumerateArray()];
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "glibc" && f.GetProperty("state").GetString() == "ok");
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "checkpoints" && f.GetProperty("state").GetString() == "ok");
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "MPICH" && f.GetProperty("state").GetString() == "ok");
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "zstd" && f.GetProperty("state").GetString() == "ok");
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "bundle mpich");
    }

    [Fact]
    public async Task The_doctor_names_a_damaged_backend_and_goes_on()
    {
        string config = mana["damaged-config"];
        Directory.CreateDirectory(config + "/mana/backends/odd");
        await File.WriteAllTextAsync(config + "/mana/backends/odd/backend.toml", "name = ");
        Outcome doctor = await mana.ManaAsync(new Dictionary<string, string?>(StringComparer.Ordinal) { ["XDG_CONFIG_HOME"] = config }, "doctor", "--json");
        Installation.Refused(doctor, 125, "1 thing that mana needs is not as it should be here");
        JsonElement[] findings = [.. JsonDocument.Parse(doctor.Output).RootElement.EnumerateArray()];
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "backend odd" && f.GetProperty("detail").GetString()!.Contains("backend.toml(1,", StringComparison.Ordinal));
        Assert.Contains(findings, f => f.GetProperty("what").GetString() == "MPICH");
    }

    [Fact]
    public async Task The_doctor_says_what_mends_it()
    {
        Outcome doctor = await mana.ManaAsync(
            new Dictionary<string, string?>(StringComparer.Ordinal) { ["PATH"] = "/usr/sbin", ["MANA_HOME"] = "/proc/mana" }, "doctor", "--json");
        Assert.True(doctor.ExitCode == 125, doctor.ToString());
        JsonElement[] findings = [.. JsonDocument.Parse(doctor.Output).RootElement.EnumerateArray()];
        Assert.All(findings.Where(f => f.GetProperty("state").GetString() != "ok"), f => Assert.NotEmpty(f.GetProperty("mend").GetString()!));
        Dictionary<string, string> mends = findings
            .ToDictionary(f => f.GetProperty("what").GetString()!, f => f.GetProperty("mend").GetString()!, StringComparer.Ordinal);
        Assert.StartsWith("apt-get install ", mends["C compiler"], StringComparison.Ordinal);
        Assert.StartsWith("apt-get install ", mends["MPICH"], StringComparison.Ordinal);
        Assert.StartsWith("export MANA_HOME=", mends["home"], StringComparison.Ordinal);
    }
}
