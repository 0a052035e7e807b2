namespace PatchContainers.Platforms.Docker.Inventory;

/// <summary>A label selector, as far as engines' labels need it: <c>a=b</c>, <c>a==b</c>, <c>a!=b</c>, <c>a</c>, <c>!a</c>, all of which
/// must hold.</summary>
internal sealed class LabelSelector
{
    private readonly List<Func<IReadOnlyDictionary<string, string>, bool>> _terms = [];

    /// <summary>Reads a selector; an empty one takes everything.</summary>
    /// <exception cref="PatchException"><see cref="PatchErrorCode.InvalidArgument"/>: it has another form.</exception>
    public LabelSelector(string text)
    {
        foreach (var term in text.Length == 0 ? [] : text.Split(',', StringSplitOptions.TrimEntries))
        {
            _terms.Add(Parse(term) ?? throw new PatchException(PatchErrorCode.InvalidArgument, text, $"'{text}' is no label selector for "
                + $"an engine: '{term}' is none of NAME=VALUE, NAME!=VALUE, NAME and !NAME."));
        }
    }

    public bool Takes(IReadOnlyDictionary<string, string> labels) => _terms.TrueForAll(term => term(labels));

    private static Func<IReadOnlyDictionary<string, string>, bool>? Parse(string term)
    {
        var equals = term.IndexOf('=', StringComparison.Ordinal);
        var isNot = equals > 0 && term[equals - 1] == '!';
        var name = (equals < 0 ? term.TrimStart('!') : term[..(isNot ? equals - 1 : equals)]).Trim();
        if (name.Length == 0 || name.AsSpan().IndexOfAny(" ()!") >= 0)
        {
            return null;
        }

        if (equals < 0)
        {
            var isAbsent = term.StartsWith('!');
            return labels => labels.ContainsKey(name) != isAbsent;
        }

        var rest = term[(equals + 1)..];
        var value = (rest.StartsWith('=') && !isNot ? rest[1..] : rest).Trim();
        return labels => (labels.TryGetValue(name, out var found) && found == value) != isNot;
    }
}
