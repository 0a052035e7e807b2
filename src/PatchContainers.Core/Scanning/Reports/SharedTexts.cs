namespace PatchContainers.Scanning.Reports;

/// <summary>Keeps each text of a report once: names, versions and layers stand in a large one again and again.</summary>
internal sealed class SharedTexts
{
    private readonly Dictionary<string, string> _texts = new(StringComparer.Ordinal);

    /// <summary>A text that is equal to this one, the same instance each time.</summary>
    public string Share(string text)
    {
        if (text.Length == 0)
        {
            return string.Empty;
        }

        _texts.TryAdd(text, text);
        return _texts[text];
    }
}
