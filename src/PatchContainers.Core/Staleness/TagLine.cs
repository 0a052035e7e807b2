namespace PatchContainers.Staleness;

/// <summary>Whether two tags of a repository can name versions of one thing.</summary>
internal static class TagLine
{
    /// <summary>
    /// False only where the tags begin with different version numbers: <c>11</c> was never <c>12</c>, while <c>12-20230612</c>, <c>12.1</c>
    /// and <c>bookworm-old</c> may have been.
    /// </summary>
    public static bool MayBeVersionOf(string tag, string name)
    {
        var (mine, its) = (Numbers(tag), Numbers(name));
        return mine.Length == 0 || its.Length == 0 || mine.Zip(its).All(p => p.First == p.Second);
    }

    private static string[] Numbers(string tag)
    {
        var text = tag.StartsWith('v') ? tag[1..] : tag;
        var end = 0;
        while (end < text.Length && (char.IsAsciiDigit(text[end]) || (text[end] == '.' && end > 0)))
        {
            end++;
        }

        return text[..end].Split('.', StringSplitOptions.RemoveEmptyEntries);
    }
}
