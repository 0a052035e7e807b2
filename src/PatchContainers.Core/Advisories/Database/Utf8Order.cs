namespace PatchContainers.Advisories.Database;

/// <summary>
/// The order of the strings' UTF-8 bytes, which is that of their code points. UTF-16's differs above U+FFFF, where surrogates sort below.
/// </summary>
internal sealed class Utf8Order : IComparer<string>
{
    private Utf8Order()
    {
    }

    /// <summary>The order.</summary>
    public static Utf8Order Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> a = x, b = y;
        var common = a.CommonPrefixLength(b);
        if (common == a.Length || common == b.Length)
        {
            return a.Length.CompareTo(b.Length);
        }

        var (p, q) = (a[common], b[common]);
        return char.IsSurrogate(p) == char.IsSurrogate(q) ? p.CompareTo(q) : char.IsSurrogate(p) ? 1 : -1;
    }
}
