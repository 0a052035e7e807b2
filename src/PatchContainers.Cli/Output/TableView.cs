namespace PatchContainers.Cli.Output;

/// <summary>How a cell stands out.</summary>
internal enum CellTone
{
    /// <summary>As the rest.</summary>
    Plain,

    /// <summary>Well.</summary>
    Good,

    /// <summary>Not known, or not done.</summary>
    Doubtful,

    /// <summary>Wrong.</summary>
    Bad,
}

/// <summary>One cell.</summary>
internal readonly record struct Cell(string Text, CellTone Tone = CellTone.Plain)
{
    public static implicit operator Cell(string text) => new(text);
}

/// <summary>One column.</summary>
/// <param name="Heading">Its heading.</param>
/// <param name="Value">Its cells.</param>
/// <param name="AlignRight">Whether they stand to the right, as numbers do.</param>
/// <param name="IsCalledFor">Whether a record calls for it; it is left out where none does. Null for a column that is always there.</param>
internal sealed record Column(string Heading, Func<object, Cell> Value, bool AlignRight = false,
    Func<object, bool>? IsCalledFor = null);

/// <summary>How records of one type look in a table.</summary>
/// <param name="Columns">The columns.</param>
/// <param name="Notes">Lines to write below a record's row; the flag asks for details.</param>
internal sealed record TableView(IReadOnlyList<Column> Columns, Func<object, bool, IEnumerable<string>> Notes);

/// <summary>Builds a view of one record type.</summary>
internal sealed class TableViewBuilder<T>
    where T : class
{
    private readonly List<Column> _columns = [];
    private Func<T, bool, IEnumerable<string>> _notes = (_, _) => [];

    public TableViewBuilder<T> Text(string heading, Func<T, Cell> value)
    {
        _columns.Add(new Column(heading, r => value((T)r)));
        return this;
    }

    public TableViewBuilder<T> Optional(string heading, Func<T, Cell> value, Func<T, bool> isCalledFor)
    {
        _columns.Add(new Column(heading, r => value((T)r), IsCalledFor: r => isCalledFor((T)r)));
        return this;
    }

    public TableViewBuilder<T> Number(string heading, Func<T, long?> value, Func<long, CellTone>? tone = null)
    {
        _columns.Add(new Column(heading, r => value((T)r) is { } number
            ? new Cell(FormattableString.Invariant($"{number}"), tone?.Invoke(number) ?? CellTone.Plain)
            : "-", AlignRight: true));
        return this;
    }

    public TableViewBuilder<T> Notes(Func<T, bool, IEnumerable<string>> notes)
    {
        _notes = notes;
        return this;
    }

    public TableView Build() => new(_columns, (r, details) => _notes((T)r, details));
}
