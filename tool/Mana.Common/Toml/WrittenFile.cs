using Mana.Common.Errors;

namespace Mana.Common.Toml;

/// <summary>A TOML file that mana wrote and nobody edits: whatever is wrong in it is damage, and nobody is told to correct a line.</summary>
/// <param name="Format">The value of its key "format".</param>
/// <param name="OtherFormat">What is told of a file (its path) of another format.</param>
/// <param name="Damaged">What is told of a place (file, and line and column where they are known) and what is wrong there.</param>
public sealed record WrittenFile(long Format, Func<string, long, UserError> OtherFormat, Func<string, string, UserError> Damaged)
{
    /// <summary>Reads a file, and refuses it by one of the two errors; one that cannot be read at all is told as <see cref="TomlErrors.Unreadable"/>.</summary>
    /// <param name="take">Takes every key but "format" from the whole file; an <see cref="InvalidDataException"/> says what cannot be.</param>
    public T Read<T>(string file, Func<TomlSection, T> take)
    {
        string text = TomlSection.ReadText(file);
        TomlSection root = OrDamaged(file, () => TomlSection.Parse(text, file));
        long format = OrDamaged(file, () => root.Number("format"));
        if (format != Format) throw new UserErrorException(OtherFormat(file, format));
        return OrDamaged(file, () =>
        {
            T taken = take(root);
            root.Close();
            return taken;
        });
    }

    private T OrDamaged<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (UserErrorException e)
        {
            throw new UserErrorException(Damaged(e.Error.Where ?? file, e.Error.What), e);
        }
        catch (InvalidDataException e)
        {
            throw new UserErrorException(Damaged(file, e.Message), e);
        }
    }
}
