namespace PatchContainers.Platforms.Files;

/// <summary>Recognises text that another program fills in before it means anything.</summary>
internal static class TemplateText
{
    // Go and Jinja templates, ERB. What else there may be looks like no image reference, and is found by that.
    private static readonly string[] Openings = ["{{", "{%", "<%"];

    /// <summary>The line of the first template expression; null where there is none.</summary>
    public static int? FirstLine(string text)
    {
        var first = int.MaxValue;
        foreach (var opening in Openings)
        {
            var at = text.IndexOf(opening, StringComparison.Ordinal);
            first = at >= 0 ? Math.Min(first, at) : first;
        }

        return first == int.MaxValue ? null : 1 + text.AsSpan(0, first).Count('\n');
    }

    /// <summary>Whether a scalar holds a template expression.</summary>
    public static bool IsIn(string text) => FirstLine(text) is not null;
}
