namespace PatchContainers.Platforms.Plans;

/// <summary>Guesses which name was meant.</summary>
internal static class NearestName
{
    private const int MaxKnown = 40;

    /// <summary>The rest of a sentence that says which name was meant perhaps, and which there are.</summary>
    public static string Hint(string name, IReadOnlyList<string> known) =>
        (Of(name, known) is { } nearest ? $"Did you mean '{nearest}'? " : string.Empty)
        + (known.Count == 0 ? "There are none."
            : $"There are: {string.Join(", ", known.Take(MaxKnown))}{(known.Count > MaxKnown ? " and others" : string.Empty)}.");

    private static string? Of(string name, IReadOnlyList<string> known)
    {
        var best = known.Take(MaxKnown).Select(k => (Name: k, Distance: Distance(name.ToUpperInvariant(), k.ToUpperInvariant())))
            .OrderBy(k => k.Distance).FirstOrDefault();
        return best.Name is not null && best.Distance <= Math.Min(Math.Max(2, best.Name.Length / 3), name.Length / 2)
            ? best.Name : null;
    }

    // Levenshtein's, with one row.
    private static int Distance(string a, string b)
    {
        // Nobody mistypes a key by so much.
        if (a.Length > 64)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
