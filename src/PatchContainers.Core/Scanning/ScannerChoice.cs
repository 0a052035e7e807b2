namespace PatchContainers.Scanning;

/// <summary>Which scanners scan, and what becomes of what they find.</summary>
public sealed record ScannerChoice
{
    /// <summary>The scanners, in any case, the one whose words count first in front; none for the embedded one.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>Whether each one's results stay its own; else they become one for each platform.</summary>
    public bool Separate { get; init; }

    /// <summary>Whether the others count where one fails; the result says which failed.</summary>
    public bool AllowPartial { get; init; }
}
