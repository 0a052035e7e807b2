namespace PatchContainers.Scanning;

/// <summary>Severities as scanners and distributions write them.</summary>
internal static class SeverityWords
{
    /// <summary>
    /// The severity that a word stands for. What is not known here says nothing; so does <c>unassigned</c>, <c>untriaged</c>,
    /// <c>pending</c>. Clair of old calls what it has no word for <c>Defcon1</c>: the worst.
    /// </summary>
    public static Severity Parse(string? word) => word?.Trim().ToUpperInvariant() switch
    {
        "CRITICAL" or "DEFCON1" => Severity.Critical,
        "HIGH" or "IMPORTANT" => Severity.High,
        "MEDIUM" or "MODERATE" => Severity.Medium,
        "LOW" => Severity.Low,
        "NEGLIGIBLE" or "UNIMPORTANT" or "NONE" => Severity.Negligible,
        _ => Severity.Unknown,
    };

    /// <summary>The word, where it is none of <see cref="Severity"/>'s own; else empty.</summary>
    public static string Rest(string word) => Enum.GetNames<Severity>().Contains(word.Trim(), StringComparer.OrdinalIgnoreCase)
        ? string.Empty : word.Trim();
}
