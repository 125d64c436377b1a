using Tomlyn;
using Tomlyn.Model;

namespace Mana.Suite;

/// <summary>A test that may fail under mana, and why.</summary>
/// <param name="On">Settings it holds for, as "APP on BUNDLE".</param>
internal sealed record KnownException(string Test, IReadOnlyList<string> On, string Reason);

/// <summary>exceptions.toml, read strictly: a mistake in it must not hide a failure.</summary>
internal sealed class Exceptions
{
    private readonly IReadOnlyList<KnownException> all;

    private Exceptions(IReadOnlyList<KnownException> all) => this.all = all;

    public KnownException? Find(SuiteTest test, Setting setting) =>
        all.FirstOrDefault(e => e.Test == test.Key && e.On.Contains(setting.Name, StringComparer.Ordinal));

    public static Exceptions Read(string file)
    {
        List<KnownException> read = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach ((string key, object value) in TomlSerializer.Deserialize<TomlTable>(File.ReadAllText(file)) ?? [])
        {
            if (key != "exception" || value is not TomlTableArray entries) throw Mistake(file, $"only [[exception]] is known here, not '{key}'");
            foreach (TomlTable entry in entries)
            {
                string? test = entry.TryGetValue("test", out object? t) ? t as string : null, reason = entry.TryGetValue("reason", out object? r) ? r as string : null;
                string[] on = entry.TryGetValue("on", out object? o) && o is TomlArray array ? [.. array.OfType<string>()] : [];
                if (entry.Keys.FirstOrDefault(k => k is not ("test" or "reason" or "on")) is { } unknown) throw Mistake(file, $"unknown key '{unknown}' in the exception of '{test}'");
                if (string.IsNullOrWhiteSpace(test) || string.IsNullOrWhiteSpace(reason)) throw Mistake(file, $"an exception needs a test and a reason (test = '{test}')");
                if (on.Length == 0 || on.FirstOrDefault(s => Setting.TryParse(s) is null) is { }) throw Mistake(file, $"'{test}': on = [\"mpich on openmpi\", ...] is needed");
                foreach (string setting in on)
                    if (!seen.Add($"{test} {setting}")) throw Mistake(file, $"'{test}' on {setting} stands here twice");
                read.Add(new KnownException(test, on, reason));
            }
        }
        return new Exceptions(read);
    }

    private static InvalidOperationException Mistake(string file, string what) => new($"{file}: {what}");
}
